import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import Whole from "ali-oss";
import fc from "fast-check";
import Part, { type AliOssOptions, type AliOssRequest } from "./ali-oss.ts";

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ctx: unknown;
}

const text = fc.string({
  maxLength: 12,
  unit: fc.constantFrom(..."aZ0/ %?#+&=~!'()*.-_\\:;,@$[]{}|^`\"<>ü汉😀"),
});

const options = fc.record({
  endpoint: fc.constantFrom(
    "https://oss-cn-hangzhou.aliyuncs.com",
    "https://oss.example.com:8443",
    "http://127.0.0.1:8080",
    "https://10.0.0.1",
  ),
  region: fc.constantFrom("oss-cn-hangzhou", "oss-us-east-1"),
  accessKeyId: fc.string({ minLength: 1, unit: fc.constantFrom(..."aZ09") }),
  accessKeySecret: fc.string({ minLength: 1, unit: fc.constantFrom(..."aZ09") }),
  authorizationV4: fc.boolean(),
  sldEnable: fc.boolean(),
  cname: fc.boolean(),
  isRequestPay: fc.boolean(),
});

const later = fc.record({
  stsToken: fc.constantFrom(undefined, "CAISgwR1q6Ft5B2y"),
  amendTimeSkewed: fc.constantFrom(undefined, 0, 3_600_000, -90_000),
});

const params = fc.record({
  method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE"),
  bucket: fc.constant("bucket"),
  object: fc.option(fc.tuple(text, fc.constantFrom("", ".txt", ".json", ".docx", ".x")).map(join), {
    nil: undefined,
  }),
  subres: fc.option(fc.dictionary(fc.constantFrom("uploads", "uploadId", "partNumber", "delete"), text), {
    nil: undefined,
  }),
  query: fc.option(fc.dictionary(fc.constantFrom("list-type", "prefix", "marker", "max-keys"), text), {
    nil: undefined,
  }),
  headers: fc.dictionary(
    fc.constantFrom("Content-Length", "Content-MD5", "Content-Type", "x-oss-acl", "Range"),
    fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(..."abc019=/-") }),
  ),
  ctx: fc.constant({}),
});

test("the part of ali-oss sends what the whole sends, but for the User-Agent", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 10, 22, 9, 5, 7, 123) });
  await fc.assert(
    fc.asyncProperty(options, later, params, async (options, later, params) => {
      assert.deepEqual(
        await sent(Part, options, later, params),
        await sent(Whole as unknown as typeof Part, options, later, params),
      );
    }),
    { numRuns: 1000 },
  );
});

test("names the version of ali-oss in the User-Agent, after a prefix", async (t: TestContext) => {
  const { default: manifest } = await import("ali-oss/package.json", { with: { type: "json" } });
  let agent = "";
  const client = new Part({
    accessKeyId: "id",
    accessKeySecret: "secret",
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    authorizationV4: false,
    sldEnable: false,
    cname: false,
    isRequestPay: false,
    urllib: {
      request: async (_: string, { headers }: Sent) => {
        agent = headers["User-Agent"] ?? "";
      },
    },
  });
  client.userAgent = `mine ${client.userAgent}`;
  await client.request({ method: "GET", bucket: "bucket" });
  assert.match(agent, new RegExp(`^mine aliyun-sdk-nodejs/${manifest.version} Node\\.js \\d`));
  t.diagnostic(agent);
});

async function sent(
  Client: typeof Part,
  options: Omit<AliOssOptions, "urllib">,
  later: object,
  params: AliOssRequest,
): Promise<Sent> {
  const all: Sent[] = [];
  const urllib = {
    async request(url: string, request: Omit<Sent, "url">) {
      all.push({ ...request, url });
      return { status: 200 };
    },
  };
  const client = new Client({ ...options, urllib });
  Object.assign(client.options, later);
  // Both change what they are given.
  await client.request(structuredClone(params));
  const [only] = all;
  assert.ok(only !== undefined && all.length === 1);
  const { "User-Agent": agent, ...headers } = only.headers;
  assert.ok(agent);
  return { url: only.url, method: only.method, headers, ctx: only.ctx };
}

function join([stem, extension]: readonly [string, string]): string {
  return stem + extension;
}
