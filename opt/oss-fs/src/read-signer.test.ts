import assert from "node:assert/strict";
import { test } from "node:test";
import OSS from "ali-oss";
import fc from "fast-check";
import { anyCharacter } from "../../../test/support/any-character.ts";
import type { Credentials } from "./credentials/credentials.ts";
import { type ReadRequest, ReadSigner, type SignedRead } from "./read-signer.ts";

type Settings = ConstructorParameters<typeof ReadSigner>[1];

/** What is used of ali-oss; its types lack it. */
interface AliOss {
  readonly userAgent: string;
  readonly options: object;
  request(params: object): Promise<unknown>;
}

const NOW = Date.UTC(2026, 10, 22, 9, 5, 7, 123);

const settings = fc
  .record({
    place: fc.constantFrom("bucket in the host", "path", "cname", "address"),
    region: fc.constantFrom(undefined, "cn-hangzhou", "us-east-1"),
    signatureV4: fc.boolean(),
    requesterPays: fc.boolean(),
    secure: fc.boolean(),
    port: fc.boolean(),
  })
  .map(({ place, secure, port, ...rest }) => {
    const host =
      place === "address" ? "127.0.0.1" : place === "cname" ? "files.example.com" : "oss.example.com";
    return {
      ...rest,
      endpoint: `${secure ? "https" : "http"}://${host}${port ? ":8080" : ""}`,
      pathStyle: place === "path",
      cname: place === "cname",
    };
  });

const key = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 40, unit: anyCharacter }),
    fc.string({
      minLength: 1,
      maxLength: 40,
      unit: fc.constantFrom(..."aZ0/ %?#+&=~!'()*.-_\\:;,@$[]{}|^`\"<>\n\t\u0000ü汉😀"),
    }),
  )
  // ali-oss guesses a Content-Type by what follows a dot.
  .map((text) => `${text}~`);

const credentials = fc.record({
  accessKeyId: fc.string({ minLength: 1, unit: "grapheme-ascii" }),
  accessKeySecret: fc.string({ minLength: 1, unit: "grapheme-ascii" }),
  securityToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
});

const headers = fc.constantFrom<Record<string, string>>(
  {},
  { Range: "bytes=0-1048575" },
  {
    Range: "bytes=5-9",
    "x-oss-range-behavior": "standard",
    "If-Match": '"5B3C1A2E053D763E1B002CC607C5A0FE"',
  },
);

test("signs every read as ali-oss does", async () => {
  await fc.assert(
    fc.asyncProperty(
      settings,
      fc.constantFrom("GET" as const, "HEAD" as const),
      key,
      headers,
      credentials,
      async (settings, method, key, headers, credentials) => {
        const { sent, userAgent } = await sendByAliOss(settings, credentials, { method, key, headers });
        const signer = new ReadSigner("bucket", settings, userAgent);
        const now = timeOf(sent.headers["x-oss-date"] ?? "");
        assert.deepEqual(signer.sign({ method, key, headers }, credentials, now), sent);
      },
    ),
    { numRuns: 500 },
  );
});

async function sendByAliOss(
  settings: Settings,
  credentials: Credentials,
  { method, key, headers }: ReadRequest,
): Promise<{ sent: SignedRead; userAgent: string }> {
  const Client = OSS as unknown as new (options: object) => AliOss;
  let sent: SignedRead | undefined;
  const urllib = {
    async request(url: string, { headers }: SignedRead) {
      sent = { url, headers };
      return { status: 200 };
    },
  };
  const oss = new Client({
    ...{ accessKeyId: "none", accessKeySecret: "none", endpoint: settings.endpoint },
    ...(settings.region && { region: `oss-${settings.region}` }),
    authorizationV4: settings.signatureV4,
    sldEnable: settings.pathStyle,
    cname: settings.cname,
    isRequestPay: settings.requesterPays,
    urllib,
  });
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  Object.assign(oss.options, { accessKeyId, accessKeySecret, stsToken: securityToken });
  await oss.request({ method, bucket: "bucket", object: key, headers: { ...headers } });
  assert.ok(sent);
  return { sent, userAgent: oss.userAgent };
}

/** Of `x-oss-date` in either version. */
function timeOf(date: string): number {
  const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
  return Date.parse(date.replace(compact, "$1-$2-$3T$4:$5:$6Z"));
}

test("signs with a key of the day, also over midnight and with renewed credentials", () => {
  const settings = {
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    pathStyle: false,
    cname: false,
    region: "cn-hangzhou",
    signatureV4: true,
    requesterPays: false,
  };
  const used = new ReadSigner("bucket", settings, "agent");
  const request = { method: "GET", key: "k", headers: {} } as const;
  for (const [secret, now] of [
    ["a", NOW],
    ["a", NOW + 1000],
    ["a", NOW + 86_400_000],
    ["b", NOW + 86_400_000],
    ["a", NOW],
  ] as const) {
    const credentials = { accessKeyId: "id", accessKeySecret: secret };
    const fresh = new ReadSigner("bucket", settings, "agent");
    assert.deepEqual(used.sign(request, credentials, now), fresh.sign(request, credentials, now));
  }
});
