import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionError, storeError } from "./errors.ts";

const ABOUT = { operation: "open", path: "oss://b/k" };

function answer(status: number, code?: string, more = "") {
  const body =
    code === undefined
      ? ""
      : `<Error><Code>${code}</Code><Message>m</Message><RequestId>R1</RequestId>${more}</Error>`;
  return { status, headers: { "x-oss-request-id": "R2" }, body };
}

test("OSS codes become Node's codes, with OSS's own code and the request id", () => {
  for (const [status, code, expected, retryable] of [
    [403, "AccessDenied", "EACCES", false],
    [403, "SignatureDoesNotMatch", "EACCES", false],
    [404, "NoSuchBucket", "ENODEV", false],
    [404, "NoSuchKey", "ENOENT", false],
    [409, "FileAlreadyExists", "EEXIST", false],
    [412, "PreconditionFailed", "ESTALE", false],
    [503, "SlowDown", "EBUSY", true],
    [429, "QpsLimitExceeded", "EBUSY", true],
    [500, "InternalError", "EIO", true],
    [400, "InvalidObjectName", "EINVAL", false],
    [400, "InvalidDigest", "EIO", true],
    [400, "NeverHeardOf", "EIO", false],
  ] as const) {
    const error = storeError(answer(status, code), ABOUT);
    assert.deepEqual(
      [error.code, error.storeCode, error.requestId, error.retryable, error.path, error.operation],
      [expected, code, "R1", retryable, "oss://b/k", "open"],
    );
  }
});

test("without a body the status decides", () => {
  for (const [status, expected, retryable] of [
    [403, "EACCES", false],
    [404, "ENOENT", false],
    [412, "ESTALE", false],
    [429, "EBUSY", true],
    [503, "EBUSY", true],
    [502, "EIO", true],
    [301, "EIO", false],
  ] as const) {
    const error = storeError(answer(status), ABOUT);
    assert.deepEqual([error.code, error.retryable, error.requestId], [expected, retryable, "R2"]);
  }
});

test("the error of a HEAD travels in a header", () => {
  const xml = "<Error><Code>NoSuchBucket</Code><RequestId>R3</RequestId></Error>";
  const headers = { "x-oss-err": Buffer.from(xml).toString("base64") };
  const error = storeError({ status: 404, headers, body: "" }, ABOUT);
  assert.deepEqual([error.code, error.requestId], ["ENODEV", "R3"]);
});

test("a wrong endpoint is told with the right one", () => {
  const more = "<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint>";
  const error = storeError(answer(403, "AccessDenied", more), ABOUT);
  assert.match(
    error.message,
    /belongs to another endpoint.*Set fs\.oss\.endpoint to oss-cn-beijing\.aliyuncs\.com/,
  );
});

test("faults of connections", () => {
  const native = (code: string) => connectionError(Object.assign(new Error("x"), { code }), ABOUT);
  for (const [code, expected, retryable] of [
    ["ECONNREFUSED", "ECONNREFUSED", true],
    ["ECONNRESET", "ECONNRESET", true],
    ["EPIPE", "ECONNRESET", true],
    ["ETIMEDOUT", "ETIMEDOUT", true],
    ["ENOTFOUND", "ENOTFOUND", false],
    ["EAI_AGAIN", "ENOTFOUND", true],
    ["CERT_HAS_EXPIRED", "EIO", false],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "EIO", false],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "EIO", false],
    ["HPE_INVALID_CONSTANT", "EIO", false],
  ] as const) {
    const error = native(code);
    assert.deepEqual([error.code, error.retryable], [expected, retryable], code);
  }
  assert.match(native("CERT_HAS_EXPIRED").message, /not trusted \(CERT_HAS_EXPIRED\)/);
});
