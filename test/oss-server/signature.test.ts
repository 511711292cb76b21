import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { type OssServer, startOssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";
import { ask, signV1 } from "./support/ask.ts";

async function serverWithObject(options = {}): Promise<OssServer> {
  const server = await startOssServer({ buckets: ["demo"], ...options });
  await server.put("demo", "a b", "hello");
  return server;
}

test("V1: what is signed cannot be changed", async () => {
  await using server = await serverWithObject();
  const date = new Date().toUTCString();
  const signed = {
    Date: date,
    "x-oss-meta-a": "1",
    "Content-Type": "text/plain",
    "Content-MD5": "XUFAKrxLKna5cZ2REBfFkg==",
  };
  const signature = signV1("PUT", "/demo/new", signed, server.accessKeySecret);
  const Authorization = `OSS ${server.accessKeyId}:${signature}`;
  const headers = { ...signed, Authorization };
  const body = "hello";
  const changed: [string, string, Record<string, string>][] = [
    ["POST", "/demo/new", headers],
    ["PUT", "/demo/other", headers],
    ["PUT", "/demo/new?acl", headers],
    ["PUT", "/demo/new", { ...headers, "x-oss-meta-a": "2" }],
    ["PUT", "/demo/new", { ...headers, "x-oss-meta-b": "2" }],
    ["PUT", "/demo/new", { ...headers, "Content-Type": "text/html" }],
    ["PUT", "/demo/new", { ...headers, Date: new Date(Date.now() + 60_000).toUTCString() }],
  ];
  for (const [method, resource, sent] of changed) {
    const reply = await ask(server, method, resource, { headers: sent, body });
    assert.deepEqual([reply.status, reply.code], [403, "SignatureDoesNotMatch"], `${method} ${resource}`);
  }
  assert.equal((await ask(server, "PUT", "/demo/new", { headers, body })).status, 200);
});

test("a wrong signature is answered with the string to sign", async () => {
  await using server = await serverWithObject();
  const headers = { Date: new Date().toUTCString() };
  const reply = await ask(server, "GET", "/demo/a%20b", { headers, accessKeySecret: "wrong" });
  const text = reply.body.toString();
  assert.ok(
    text.includes(`<StringToSign>GET&#xa;&#xa;&#xa;${headers.Date}&#xa;/demo/a b</StringToSign>`),
    text,
  );
  assert.match(text, /<StringToSignBytes>47 45 54 0A/);
  assert.match(text, /<RequestId>[0-9A-F]{24}<\/RequestId><HostId>127\.0\.0\.1:\d+<\/HostId>/);
  assert.ok(!text.includes(server.accessKeySecret));
});

test("both Date and x-oss-date may be signed; one of them has to be there", async () => {
  await using server = await serverWithObject();
  const now = new Date().toUTCString();
  assert.equal((await ask(server, "GET", "/demo/a%20b", { headers: { Date: now } })).status, 200);
  assert.equal((await ask(server, "GET", "/demo/a%20b", { headers: { "x-oss-date": now } })).status, 200);
  const reply = await ask(server, "GET", "/demo/a%20b", { headers: { Date: "yesterday" } });
  assert.deepEqual([reply.status, reply.code], [403, "AccessDenied"]);
});

for (const [minutes, status, code] of [
  [-16, 403, "RequestTimeTooSkewed"],
  [-14, 200, undefined],
  [14, 200, undefined],
  [16, 403, "RequestTimeTooSkewed"],
] as const) {
  test(`a clock that is ${minutes} minutes off: ${status}, V1 and V4`, async () => {
    const clock = () => Date.now() - minutes * 60_000;
    await using server = await serverWithObject({ clock });
    const reply = await ask(server, "GET", "/demo/a%20b");
    assert.deepEqual([reply.status, reply.code], [status, code]);
    const client = aliOss(server, { authorizationV4: true, region: "oss-cn-hangzhou" });
    if (code === undefined) await client.get("a b");
    else await assert.rejects(client.get("a b"), { code, status });
  });
}

test("an unknown access key id, and a malformed Authorization", async () => {
  await using server = await serverWithObject();
  const unknown = await ask(server, "GET", "/demo/a%20b", { accessKeyId: "nobody" });
  assert.deepEqual([unknown.status, unknown.code], [403, "InvalidAccessKeyId"]);
  for (const Authorization of ["OSS only-an-id", "Basic abc", "AWS4-HMAC-SHA256 Credential=x", ""]) {
    const reply = await ask(server, "GET", "/demo/a%20b", { headers: { Authorization } });
    assert.deepEqual([reply.status, reply.code], [400, "InvalidArgument"], Authorization);
  }
});

test("STS: the token has to be there, right and fresh", async () => {
  let now = Date.now();
  await using server = await serverWithObject({ clock: () => now });
  const key = { accessKeyId: "STS.temporary", accessKeySecret: "temporary" };
  server.addAccessKey({ ...key, securityToken: "token", expires: now + 600_000 });
  for (const authorizationV4 of [false, true]) {
    const client = (stsToken?: string) =>
      aliOss(server, {
        ...{ ...key, authorizationV4, region: "oss-cn-hangzhou" },
        ...(stsToken === undefined ? {} : { stsToken, refreshSTSTokenInterval: 1e9 }),
      });
    assert.equal((await client("token").get("a b")).content.toString(), "hello");
    await assert.rejects(client("other").get("a b"), { code: "InvalidSecurityToken", status: 403 });
    await assert.rejects(client().get("a b"), { code: "InvalidAccessKeyId", status: 403 });
    const before = now;
    now += 600_001;
    await assert.rejects(client("token").get("a b"), { code: "SecurityTokenExpired", status: 403 });
    now = before;
  }
  server.removeAccessKey("STS.temporary");
  await assert.rejects(aliOss(server, key).get("a b"), { code: "InvalidAccessKeyId" });
});

test("V4: region, payload hash and additional headers are checked", async () => {
  await using server = await serverWithObject({ region: "cn-beijing" });
  const foreign = aliOss(server, { authorizationV4: true, region: "oss-cn-hangzhou" });
  await assert.rejects(foreign.get("a b"), { code: "InvalidArgument", message: /region/ });
  const own = aliOss(server, { authorizationV4: true, region: "oss-cn-beijing" });
  assert.equal((await own.get("a b")).content.toString(), "hello");

  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${server.accessKeyId}/${date.slice(0, 8)}/cn-beijing/oss/aliyun_v4_request`;
  const send = (authorization: string, headers: Record<string, string>) =>
    ask(server, "GET", "/demo/a%20b", {
      headers: { Authorization: `OSS4-HMAC-SHA256 ${authorization}`, "x-oss-date": date, ...headers },
    });
  const payload = { "x-oss-content-sha256": "UNSIGNED-PAYLOAD" };
  const refused = [
    await send(`Credential=${scope},Signature=00`, {}),
    await send(`Credential=${scope},Signature=00`, { "x-oss-content-sha256": "abc" }),
    await send(`Credential=${scope},AdditionalHeaders=host;,Signature=00`, payload),
    await send(`Credential=${scope},AdditionalHeaders=range;host,Signature=00`, payload),
    await send(`Credential=${scope}/x,Signature=00`, payload),
    await send(`Credential=${scope.replace("oss", "s3")},Signature=00`, payload),
  ];
  for (const { status, code } of refused) assert.deepEqual([status, code], [400, "InvalidArgument"]);
  assert.equal((await send(`Credential=${scope},Signature=00`, payload)).code, "SignatureDoesNotMatch");
});

test("presigned URLs: V1 and V4, with overrides, until they expire", async () => {
  let now = Date.now();
  await using server = await serverWithObject({ clock: () => now });
  const endpoint = `http://localhost:${server.port}`;
  const options = { endpoint, sldEnable: true, region: "oss-cn-hangzhou" };
  const client = aliOss(server, options);
  const contentType = { response: { "content-type": "text/x-special" } };
  const urls = [
    client.signatureUrl("a b", { expires: 100, ...contentType }),
    await client.signatureUrlV4(
      "GET",
      100,
      { queries: { "response-content-type": "text/x-special" } },
      "a b",
    ),
    await client.signatureUrlV4(
      "GET",
      100,
      {
        headers: { host: `localhost:${server.port}` },
        queries: { "response-content-type": "text/x-special" },
      },
      "a b",
      ["host"],
    ),
  ];
  for (const url of urls) {
    const reply = await fetch(url);
    assert.equal(await reply.text(), "hello");
    assert.equal(reply.headers.get("content-type"), "text/x-special");
    for (const changed of [
      url.replace("a%20b", "other"),
      url.replace("text%2Fx-special", "text%2Fhtml"),
      url.replace("text/x-special", "text/html"),
    ]) {
      if (changed === url) continue;
      assert.equal((await fetch(changed)).status, 403);
    }
    assert.equal((await fetch(url, { method: "DELETE" })).status, 403);
  }
  now += 101_000;
  for (const url of urls) {
    const reply = await fetch(url);
    assert.equal(reply.status, 403);
    assert.match(await reply.text(), /<Code>AccessDenied<\/Code><Message>Request has expired/);
  }
  await assert.rejects(async () => {
    const reply = await fetch(await client.signatureUrlV4("GET", 8 * 24 * 3600, {}, "a b"));
    assert.equal(reply.status, 200);
  });
});

test("presigned PUT stores, by V1 and V4", async () => {
  await using server = await serverWithObject();
  const endpoint = `http://localhost:${server.port}`;
  const client = aliOss(server, { endpoint, sldEnable: true, region: "oss-cn-hangzhou" });
  const urls = [
    client.signatureUrl("up", { method: "PUT", expires: 100 }),
    await client.signatureUrlV4("PUT", 100, {}, "up"),
  ];
  for (const [index, url] of urls.entries()) {
    assert.equal((await fetch(url, { method: "PUT", body: Buffer.from(`bytes ${index}`) })).status, 200);
    assert.equal(Buffer.from((await server.get("demo", "up")) ?? []).toString(), `bytes ${index}`);
  }
});

test("anonymous access follows the ACLs", async () => {
  await using server = await serverWithObject();
  await server.put("demo", "open", "x");
  const anonymous = { anonymous: true };
  const statuses = async () => [
    (await ask(server, "GET", "/demo/a%20b", anonymous)).status,
    (await ask(server, "GET", "/demo/open", anonymous)).status,
    (await ask(server, "GET", "/demo/?list-type=2", anonymous)).status,
    (await ask(server, "PUT", "/demo/up", { ...anonymous, body: "x" })).status,
    (await ask(server, "GET", "/demo/?acl", anonymous)).status,
  ];
  assert.deepEqual(await statuses(), [403, 403, 403, 403, 403]);
  await ask(server, "PUT", "/demo/open?acl", { headers: { "x-oss-object-acl": "public-read" } });
  assert.deepEqual(await statuses(), [403, 200, 403, 403, 403]);
  await ask(server, "PUT", "/demo/?acl", { headers: { "x-oss-acl": "public-read" } });
  assert.deepEqual(await statuses(), [200, 200, 200, 403, 403]);
  await ask(server, "PUT", "/demo/?acl", { headers: { "x-oss-acl": "public-read-write" } });
  await ask(server, "PUT", "/demo/open?acl", { headers: { "x-oss-object-acl": "private" } });
  assert.deepEqual(await statuses(), [200, 403, 200, 200, 403]);
  assert.equal((await ask(server, "GET", "/", anonymous)).status, 403);
});

test("secrets stay out of answers and of the log", async () => {
  const accessKeySecret = "very-secret-words";
  await using server = await serverWithObject({ accessKeySecret });
  await ask(server, "GET", "/demo/a%20b", { accessKeySecret: "other" });
  await ask(server, "GET", "/demo/a%20b");
  assert.ok(!JSON.stringify(server.log.entries()).includes(accessKeySecret));
  const signature = createHmac("sha1", accessKeySecret).update("x").digest("base64");
  assert.ok(!JSON.stringify(server.log.entries()).includes(signature));
});
