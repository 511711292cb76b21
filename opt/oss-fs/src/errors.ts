import { FileSystemError, type FileSystemErrorOptions } from "plugfs";
import { xmlText } from "./xml.ts";

/** What a call was about, for the errors that it may end in. */
export interface About {
  readonly operation: string;
  readonly path?: { toString(): string } | undefined;
  readonly dest?: { toString(): string } | undefined;
}

/** An answer of the store that is not a success. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body; empty for HEAD, whose error travels in the header `x-oss-err`. */
  readonly body: string;
}

type Meaning = Pick<FileSystemErrorOptions, "code" | "message" | "hint" | "retryable">;

const CHECK_KEYS = "Check fs.oss.accessKeyId and fs.oss.accessKeySecret";
const THROTTLED: Meaning = {
  code: "EBUSY",
  message: "the store throttled the request",
  retryable: true,
};
const DAMAGED: Meaning = {
  code: "EIO",
  message: "the data was damaged on its way to the store",
  retryable: true,
};

/** Codes of the OSS error reference (https://www.alibabacloud.com/help/en/oss/developer-reference/error-codes). */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  AccessDenied: { code: "EACCES" },
  BadDigest: DAMAGED,
  DownloadTrafficRateLimitExceeded: THROTTLED,
  FileAlreadyExists: { code: "EEXIST" },
  FileImmutable: { code: "EPERM", message: "a retention policy protects the object" },
  InternalError: { code: "EIO", message: "the store failed", retryable: true },
  InvalidAccessKeyId: { code: "EACCES", message: "the store does not know the access key", hint: CHECK_KEYS },
  InvalidArgument: { code: "EINVAL" },
  InvalidBucketName: { code: "EINVAL", message: "not a usable bucket name" },
  InvalidDigest: DAMAGED,
  InvalidObjectName: { code: "EINVAL", message: "not a usable object name" },
  InvalidObjectState: {
    code: "EACCES",
    message: "the object is archived",
    hint: "Restore it in OSS before reading it",
  },
  InvalidRange: { code: "EINVAL", message: "the range lies outside the object" },
  InvalidSecurityToken: {
    code: "EACCES",
    message: "the store refused the security token",
    hint: "Check fs.oss.securityToken",
  },
  NoSuchBucket: { code: "ENODEV" },
  NoSuchKey: { code: "ENOENT" },
  NoSuchUpload: { code: "EIO", message: "the multipart upload is gone" },
  NotImplemented: { code: "ENOTSUP" },
  ObjectAlreadyExists: { code: "EEXIST" },
  PreconditionFailed: { code: "ESTALE" },
  QpsLimitExceeded: THROTTLED,
  QuotaExceeded: { code: "ENOSPC" },
  RequestTimeTooSkewed: {
    code: "EACCES",
    message: "the clocks of this machine and the store differ by more than 15 minutes",
    hint: "Set this machine's clock",
  },
  RequestTimeout: { code: "ETIMEDOUT", retryable: true },
  SecurityTokenExpired: {
    code: "EACCES",
    message: "the security token has expired",
    hint: "Set a fresh fs.oss.securityToken",
  },
  ServiceUnavailable: THROTTLED,
  SignatureDoesNotMatch: {
    code: "EACCES",
    message: "the signature does not match",
    hint: `${CHECK_KEYS}; with signature V4 also fs.oss.region`,
  },
  SlowDown: THROTTLED,
  SymlinkTargetNotExist: { code: "ENOENT", message: "the object is a link to an object that does not exist" },
  TooManyRequests: THROTTLED,
  UploadTrafficRateLimitExceeded: THROTTLED,
};

/** The error of an answer: OSS's code decides, else the HTTP status. Never holds a header or a body. */
export function storeError(answer: ErrorAnswer, about: About): FileSystemError {
  const { status, headers } = answer;
  const xml = answer.body === "" ? headError(headers["x-oss-err"]) : answer.body;
  const storeCode = xmlText(xml, "Code");
  const requestId = xmlText(xml, "RequestId") ?? text(headers["x-oss-request-id"]);
  const meaning = (storeCode === undefined ? undefined : BY_CODE[storeCode]) ?? byStatus(status);
  return new FileSystemError({
    ...about,
    ...meaning,
    ...wrongEndpoint(storeCode, xml),
    scheme: "oss",
    storeCode: storeCode ?? `HTTP ${status}`,
    requestId,
  });
}

/** A connection that could not be made, broke, or stood still. */
export function connectionError(cause: unknown, about: About): FileSystemError {
  const native = codeOf(cause);
  return new FileSystemError({ ...about, ...byNative(native, cause), scheme: "oss", cause });
}

/** An answer that no correct store gives, or bytes that are not the ones that were stored. */
export function answerError(
  message: string,
  about: About,
  more: { retryable?: boolean; cause?: unknown; requestId?: string | undefined } = {},
): FileSystemError {
  return new FileSystemError({ ...about, code: "EIO", message, scheme: "oss", ...more });
}

/** OSS's own code of an error, such as `NoSuchKey`. */
export function storeCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("storeCode" in error)) return undefined;
  return typeof error.storeCode === "string" ? error.storeCode : undefined;
}

function byStatus(status: number): Meaning {
  if (status === 401 || status === 403) return { code: "EACCES" };
  if (status === 404) return { code: "ENOENT" };
  if (status === 407) {
    const hint = "Check fs.oss.proxy.username and fs.oss.proxy.password";
    return { code: "EACCES", message: "the proxy refused the request", hint };
  }
  if (status === 408) return { code: "ETIMEDOUT", retryable: true };
  if (status === 412) return { code: "ESTALE" };
  if (status === 429 || status === 503) return THROTTLED;
  if (status >= 500) return { code: "EIO", message: "the store failed", retryable: true };
  if (status >= 300 && status < 400) {
    return {
      code: "EIO",
      message: "the store points to another place",
      hint: "Check fs.oss.endpoint: each bucket answers at its own region's endpoint",
    };
  }
  return { code: "EIO", message: "the store refused the request" };
}

const TLS_HINT = "Check fs.oss.endpoint, and the certificate that it shows";

function byNative(native: string | undefined, cause: unknown): Meaning {
  switch (native) {
    case "ECONNREFUSED":
      return { code: "ECONNREFUSED", retryable: true };
    case "ENOTFOUND":
      return { code: "ENOTFOUND", hint: "Check fs.oss.endpoint" };
    case "EAI_AGAIN":
      return { code: "ENOTFOUND", retryable: true };
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { code: "ETIMEDOUT", message: `timed out (${messageOf(cause)})`, retryable: true };
    case "EMFILE":
    case "ENFILE":
      return { code: "EMFILE", retryable: true };
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return { code: "ECONNRESET", retryable: true };
    default:
      break;
  }
  if (native !== undefined && isTlsCode(native)) {
    return { code: "EIO", message: `the connection is not trusted (${native})`, hint: TLS_HINT };
  }
  if (native?.startsWith("HPE_")) {
    return { code: "EIO", message: "the store's answer is not HTTP", hint: "Check fs.oss.endpoint" };
  }
  return {
    code: "EIO",
    message: `the request failed (${messageOf(cause)})`,
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function isTlsCode(native: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/.test(
    native,
  );
}

/** OSS says so by `AccessDenied` and the endpoint that would be right. */
function wrongEndpoint(storeCode: string | undefined, xml: string): Partial<Meaning> {
  const endpoint = xmlText(xml, "Endpoint");
  if (storeCode !== "AccessDenied" || endpoint === undefined || endpoint === "") return {};
  return { message: "the bucket belongs to another endpoint", hint: `Set fs.oss.endpoint to ${endpoint}` };
}

function headError(header: string | string[] | undefined): string {
  const value = text(header);
  return value === undefined ? "" : Buffer.from(value, "base64").toString("utf8");
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return undefined;
  return typeof cause.code === "string" ? cause.code : undefined;
}
