import { createHash, createHmac } from "node:crypto";
import type { Claim } from "./authenticate.ts";
import { checkSkew } from "./clock-skew.ts";
import { parseCompactDate, parseHttpDate } from "./dates.ts";
import { accessDenied, invalidArgument, OssError } from "./errors.ts";
import type { OssRequest, Target } from "./request.ts";

const ALGORITHM = "OSS4-HMAC-SHA256";
/** The one payload hash that OSS takes (error code 0002-00000214). */
const UNSIGNED = "UNSIGNED-PAYLOAD";
const LONGEST_URL_SECONDS = 7 * 24 * 3600;

interface Scope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
}

/** `Authorization: OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=…,Signature=…`. */
export function claimFromHeaderV4(request: OssRequest, authorization: string, region: string): Claim {
  const fields = new Map<string, string>();
  for (const field of authorization.slice(ALGORITHM.length).split(",")) {
    const equals = field.indexOf("=");
    fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const { headers } = request;
  const scope = readScope(fields.get("Credential"), region);
  const date = headers.get("x-oss-date") ?? compactOf(headers.get("date"));
  const payload = headers.get("x-oss-content-sha256");
  if (payload !== UNSIGNED) {
    throw invalidArgument(
      `The x-oss-content-sha256 header has to be ${UNSIGNED}.`,
      "x-oss-content-sha256",
      payload ?? "null",
    );
  }
  return {
    accessKeyId: scope.accessKeyId,
    signature: fields.get("Signature") ?? "",
    token: headers.get("x-oss-security-token"),
    checkTime(now) {
      checkSkew(readDate(date, scope), now);
    },
    stringsToSign: (target) => {
      const additional = fields.get("AdditionalHeaders");
      return [stringToSign(request, target, { scope, date: date ?? "", additional, payload })];
    },
    sign: (secret, text) => sign(secret, scope, text),
  };
}

/** `?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=…&x-oss-date=…&x-oss-expires=…&x-oss-signature=…`. */
export function claimFromUrlV4(request: OssRequest, region: string): Claim {
  const { query } = request;
  const scope = readScope(query.get("x-oss-credential"), region);
  const date = query.get("x-oss-date");
  const expires = query.get("x-oss-expires") ?? "";
  const seconds = /^\d{1,9}$/.test(expires) ? Number(expires) : Number.NaN;
  if (!(seconds >= 1 && seconds <= LONGEST_URL_SECONDS)) {
    throw invalidArgument(
      `x-oss-expires has to be 1 to ${LONGEST_URL_SECONDS} seconds.`,
      "x-oss-expires",
      expires,
    );
  }
  return {
    accessKeyId: scope.accessKeyId,
    signature: query.get("x-oss-signature") ?? "",
    token: query.get("x-oss-security-token"),
    checkTime(now) {
      const signed = readDate(date, scope);
      if (signed - now > 15 * 60 * 1000) checkSkew(signed, now);
      if (signed + seconds * 1000 < now) {
        throw new OssError(403, "AccessDenied", "Request has expired.", {
          Expires: new Date(signed + seconds * 1000).toISOString(),
          ServerTime: new Date(now).toISOString(),
        });
      }
    },
    stringsToSign: (target) => {
      const additional = query.get("x-oss-additional-headers");
      const payload = request.headers.get("x-oss-content-sha256") ?? UNSIGNED;
      return [stringToSign(request, target, { scope, date: date ?? "", additional, payload })];
    },
    sign: (secret, text) => sign(secret, scope, text),
  };
}

function readScope(credential: string | undefined, serverRegion: string): Scope {
  const parts = (credential ?? "").split("/");
  const [accessKeyId = "", date = "", region = "", product, request] = parts;
  const invalid = (message: string) => invalidArgument(message, "Credential", credential ?? "null");
  if (parts.length !== 5 || accessKeyId === "" || product !== "oss" || request !== "aliyun_v4_request") {
    throw invalid("Credential has to be <AccessKeyId>/<SignDate>/<Region>/oss/aliyun_v4_request.");
  }
  if (!/^\d{8}$/.test(date)) throw invalid("Invalid signing date in Authorization header.");
  if (region !== serverRegion) throw invalid("Invalid signing region in Authorization header.");
  return { accessKeyId, date, region };
}

function readDate(date: string | undefined, scope: Scope): number {
  const time = parseCompactDate(date ?? "");
  if (time === undefined) throw accessDenied("OSS authentication requires a valid Date.");
  if (!(date as string).startsWith(scope.date)) {
    throw invalidArgument("The signing date differs from the request's date.", "x-oss-date", date as string);
  }
  return time;
}

function compactOf(date: string | undefined): string | undefined {
  const time = parseHttpDate(date ?? "");
  return time === undefined ? undefined : new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
}

interface Signed {
  readonly scope: Scope;
  readonly date: string;
  readonly additional: string | undefined;
  readonly payload: string;
}

function stringToSign(
  request: OssRequest,
  target: Target,
  { scope, date, additional, payload }: Signed,
): string {
  const names = additional === undefined ? [] : additional.split(";");
  const isRight = names.every((name, index) => /^[^A-Z]+$/.test(name) && name > (names[index - 1] ?? ""));
  if (!isRight) {
    throw invalidArgument(
      "Additional headers have to be lower-case names in alphabetical order.",
      "AdditionalHeaders",
      additional ?? "",
    );
  }
  const canonical = canonicalRequest(request, target, names, payload);
  const hash = createHash("sha256").update(canonical).digest("hex");
  return `${ALGORITHM}\n${date}\n${scope.date}/${scope.region}/oss/aliyun_v4_request\n${hash}`;
}

function canonicalRequest(
  { method, headers, query }: OssRequest,
  { bucket, key }: Target,
  additional: readonly string[],
  payload: string,
): string {
  const path = bucket === "" ? "/" : `/${bucket}/${key}`;
  const parameters = query.entries
    .filter(([name]) => name !== "x-oss-signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  const isSigned = (name: string) =>
    name === "content-type" ||
    name === "content-md5" ||
    name.startsWith("x-oss-") ||
    additional.includes(name);
  const lines = [...headers]
    .filter(([name]) => isSigned(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  return [
    method,
    encode(path).replaceAll("%2F", "/"),
    parameters.join("&"),
    lines.join(""),
    additional.join(";"),
    payload,
  ].join("\n");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sign(secret: string, { date, region }: Scope, text: string): string {
  let key: string | Buffer = `aliyun_v4${secret}`;
  for (const step of [date, region, "oss", "aliyun_v4_request"]) {
    key = createHmac("sha256", key).update(step).digest();
  }
  return createHmac("sha256", key).update(text).digest("hex");
}
