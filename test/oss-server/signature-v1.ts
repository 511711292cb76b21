import { createHmac } from "node:crypto";
import type { Claim } from "./authenticate.ts";
import { checkSkew } from "./clock-skew.ts";
import { parseHttpDate } from "./dates.ts";
import { accessDenied, invalidArgument, OssError } from "./errors.ts";
import type { OssRequest, Target } from "./request.ts";

/**
 * Query parameters that are part of the signed resource, besides all that begin with `x-oss-` (OSS document "Include
 * signatures in the Authorization header").
 */
const SIGNED_PARAMETERS = new Set(
  (
    "acl append asyncFetch bucketInfo callback callback-var cloudboxes cname comp continuation-token cors delete " +
    "encryption endTime img inventory inventoryId lifecycle live location logging metaQuery objectMeta partNumber " +
    "policy position qos referer regionList replication replicationLocation replicationProgress requestPayment " +
    "resourceGroup response-cache-control response-content-disposition response-content-encoding " +
    "response-content-language response-content-type response-expires restore rtc security-token sequential " +
    "startTime stat status style styleName symlink tagging transferAcceleration uploadId uploads versionId " +
    "versioning versions vod website worm wormExtend wormId"
  ).split(" "),
);

/** `Authorization: OSS <id>:<signature>`. */
export function claimFromHeaderV1(request: OssRequest, authorization: string): Claim {
  const match = /^OSS ([^:\s]+):([A-Za-z0-9+/=]+)$/.exec(authorization);
  if (match === null) {
    throw invalidArgument("Authorization header is invalid.", "Authorization", authorization);
  }
  const [, accessKeyId, signature] = match as unknown as [string, string, string];
  // x-oss-date stands for Date where both are there; clients that sign Date all the same are right, too.
  const dates = [request.headers.get("x-oss-date"), request.headers.get("date")].filter(isThere);
  return {
    accessKeyId,
    signature,
    token: request.headers.get("x-oss-security-token"),
    checkTime(now) {
      const time = parseHttpDate(dates[0] ?? "");
      if (time === undefined) {
        throw accessDenied("OSS authentication requires a valid Date.");
      }
      checkSkew(time, now);
    },
    stringsToSign: (target) => stringsToSign(request, target, dates),
    sign,
  };
}

/** `?OSSAccessKeyId=…&Expires=…&Signature=…`. */
export function claimFromUrlV1(request: OssRequest): Claim {
  const { query } = request;
  const expires = query.get("Expires") ?? "";
  const accessKeyId = query.get("OSSAccessKeyId");
  const signature = query.get("Signature");
  if (accessKeyId === undefined || signature === undefined || !/^\d{1,12}$/.test(expires)) {
    throw accessDenied("OSSAccessKeyId, Expires and Signature have to come together, Expires in seconds.");
  }
  return {
    accessKeyId,
    signature,
    token: query.get("security-token"),
    checkTime(now) {
      if (Number(expires) * 1000 < now) {
        throw new OssError(403, "AccessDenied", "Request has expired.", {
          Expires: new Date(Number(expires) * 1000).toISOString(),
          ServerTime: new Date(now).toISOString(),
        });
      }
    },
    stringsToSign: (target) => stringsToSign(request, target, [expires]),
    sign,
  };
}

function sign(secret: string, stringToSign: string): string {
  return createHmac("sha1", secret).update(stringToSign).digest("base64");
}

const isThere = (text: string | undefined): text is string => text !== undefined;

/** Plain loops: every request of every test and benchmark comes through here. */
function stringsToSign(
  { method, headers, query }: OssRequest,
  target: Target,
  dates: readonly string[],
): string[] {
  const ossHeaders: Named[] = [];
  for (const [name, value] of headers) if (name.startsWith("x-oss-")) ossHeaders.push([name, value]);
  const parameters: Named[] = [];
  for (const [name, value] of query.entries) {
    if (SIGNED_PARAMETERS.has(name) || name.startsWith("x-oss-")) parameters.push([name, value]);
  }
  const before = `${method}\n${headers.get("content-md5") ?? ""}\n${headers.get("content-type") ?? ""}`;
  let lines = "";
  for (const [name, value] of ossHeaders.sort(byName)) lines += `${name}:${value.trim()}\n`;
  let suffix = "";
  for (const [name, value] of parameters.sort(byName)) {
    suffix += (suffix === "" ? "?" : "&") + (value === "" ? name : `${name}=${value}`);
  }
  const texts: string[] = [];
  for (const date of dates) {
    for (const resource of resourcesOf(target))
      texts.push(`${before}\n${date}\n${lines}${resource}${suffix}`);
  }
  return texts;
}

type Named = readonly [name: string, value: string];
const byName = ([a]: Named, [b]: Named): number => (a < b ? -1 : 1);

function resourcesOf({ style, bucket, key }: Target): string[] {
  if (bucket === "") return ["/"];
  const resource = `/${bucket}/${key}`;
  if (style === "host") return [resource];
  // OSS has no path style, and signers differ there: aliyun-sdk signs `/bucket` for a listing, without the slash;
  // opendal 0.49.1 signs the bucket before the whole path, which has it once more.
  return key === ""
    ? [resource, `/${bucket}`, `/${bucket}/${bucket}`, `/${bucket}/${bucket}/`]
    : [resource, `/${bucket}${resource}`];
}
