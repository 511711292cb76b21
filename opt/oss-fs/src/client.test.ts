import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inspect, promisify } from "node:util";
import { fromSource } from "../../../test/support/from-source.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { startProxy } from "../test/proxy.ts";
import { BUCKET, list, openFileSystem, openFixture, path, read, sample, write } from "../test/support.ts";

test("wrong keys are EACCES with OSS's code, and no error or print shows the secret", async () => {
  await using fixture = await openFixture();
  await fixture.server.put(BUCKET, "k", "x");
  const secret = "this-is-the-wrong-secret";
  const wrong = await openFileSystem(fixture.server, { "fs.oss.accessKeySecret": secret });
  for (const call of [
    () => wrong.getFileStatus(path("k")),
    () => wrong.open(path("k")),
    () => list(wrong, ""),
    () => write(wrong, "k2", "x"),
    () => wrong.delete(path("k")),
    () => wrong.mkdirs(path("d")),
    () => wrong.rename(path("k"), path("l")),
  ]) {
    await assert.rejects(call(), (error: Error & { code: string; storeCode: string }) => {
      assert.deepEqual([error.code, error.storeCode], ["EACCES", "SignatureDoesNotMatch"]);
      const shown = `${error.stack} ${JSON.stringify(error)} ${inspect(error, { depth: 9 })}`;
      assert.ok(!shown.includes(secret));
      return true;
    });
  }
  assert.ok(!inspect(wrong, { depth: 9, showHidden: true }).includes(secret));
  await wrong.close();
  const unknown = await openFileSystem(fixture.server, { "fs.oss.accessKeyId": "nobody" });
  await assert.rejects(unknown.open(path("k")), { code: "EACCES", storeCode: "InvalidAccessKeyId" });
  await unknown.close();
});

test("a missing bucket is ENODEV in every call, never ENOENT or false", async () => {
  await using fixture = await openFixture();
  const fs = await openFileSystem(fixture.server, {}, [], "nowhere");
  const calls = {
    getFileStatus: () => fs.getFileStatus(path("k")),
    root: () => fs.getFileStatus(path("")),
    open: () => fs.open(path("k")),
    list: () => list(fs, "k"),
    create: () => write(fs, "a/k", "x"),
    delete: () => fs.delete(path("k")),
    deleteTree: () => fs.delete(path("k"), { recursive: true }),
    mkdirs: () => fs.mkdirs(path("k")),
    rename: () => fs.rename(path("k"), path("l")),
  };
  for (const [name, call] of Object.entries(calls)) {
    await assert.rejects(call(), { code: "ENODEV", storeCode: "NoSuchBucket" }, name);
  }
  await fs.close();
});

test("a HEAD whose error came without a code is still no missing file in a missing bucket", async () => {
  await using fixture = await openFixture();
  const fs = await openFileSystem(fixture.server, {}, [], "nowhere");
  const fault = { kind: "headers", headers: { "x-oss-err": undefined } } as const;
  fixture.server.faults.add({ operation: "HeadObject", times: 100, fault });
  await assert.rejects(fs.getFileStatus(path("k")), { code: "ENODEV" });
  await assert.rejects(fs.delete(path("k")), { code: "ENODEV" });
  await assert.rejects(fs.mkdirs(path("k")), { code: "ENODEV" });
  await fs.close();
});

test("temporary credentials", async () => {
  await using fixture = await openFixture();
  const key = { accessKeyId: "STS.x", accessKeySecret: "temporary", securityToken: "token-text" };
  fixture.server.addAccessKey(key);
  const keys = {
    "fs.oss.accessKeyId": key.accessKeyId,
    "fs.oss.accessKeySecret": key.accessKeySecret,
    "fs.oss.securityToken": key.securityToken,
  };
  for (const more of [{}, { "fs.oss.region": "cn-hangzhou" }]) {
    const fs = await openFileSystem(fixture.server, { ...keys, ...more });
    await write(fs, "k", "x", true);
    assert.equal((await read(fs, "k")).toString(), "x");
    await fs.close();
  }
  const wrong = await openFileSystem(fixture.server, { ...keys, "fs.oss.securityToken": "another" });
  await assert.rejects(read(wrong, "k"), { code: "EACCES" });
  await wrong.close();
});

test("a clock that is wrong is amended once", async () => {
  for (const keys of [{}, { "fs.oss.region": "cn-hangzhou" }]) {
    await using fixture = await openFixture(keys, { clock: () => Date.now() + 3_600_000 });
    const { fs, server } = fixture;
    await server.put(BUCKET, "k", "x");
    assert.equal((await read(fs, "k")).toString(), "x");
    assert.equal(fixture.requests().length, 2);
    assert.equal((await read(fs, "k")).toString(), "x");
    assert.equal(fixture.requests().length, 1);
  }
});

test("no more connections than configured, and they are used again", async () => {
  await using fixture = await openFixture({ "fs.oss.connection.maximum": 4 });
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", sample(100_000));
  server.shape.latency = 5;
  await Promise.all(Array.from({ length: 40 }, () => read(fs, "k")));
  for (let i = 0; i < 10; i++) await write(fs, `w${i}`, sample(1000));
  const connections = new Set(server.log.entries().map((entry) => entry.connection));
  assert.ok(connections.size <= 4, `${connections.size} connections`);
});

test("a server that restarts is waited for", async () => {
  const fixture = await openFixture({ "fs.oss.retry.interval": "50 ms" });
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", "x");
  assert.equal((await read(fs, "k")).toString(), "x");
  await server.close();
  const reading = read(fs, "k");
  const { startOssServer } = await import("../../../test/oss-server/server.ts");
  await using again = await startOssServer({ buckets: [BUCKET], port: server.port });
  await again.put(BUCKET, "k", "y");
  assert.equal((await reading).toString(), "y");
  await fs.close();
});

test("nobody there: refused connections and unknown hosts", async () => {
  await using fixture = await openFixture();
  const { endpoint } = fixture.server;
  await fixture.server.close();
  const refused = await openFileSystem({ ...fixture.server, endpoint }, { "fs.oss.attempts.maximum": 1 });
  await assert.rejects(refused.open(path("k")), { code: "ECONNREFUSED", retryable: true });
  await refused.close();
});

test("an endpoint that does not answer in time is ETIMEDOUT", async () => {
  await using fixture = await openFixture({
    "fs.oss.connection.timeout": "50 ms",
    "fs.oss.attempts.maximum": 1,
  });
  await fixture.server.put(BUCKET, "k", "x");
  fixture.server.faults.add({ times: 100, fault: { kind: "silence" } });
  await assert.rejects(fixture.fs.open(path("k")), { code: "ETIMEDOUT", message: /no byte for 50 ms/ });
});

test("TLS: a certificate that nobody vouches for is refused, and told", async () => {
  await using fixture = await openFixture({}, { tls: true });
  const fs = await openFileSystem(fixture.server);
  await assert.rejects(fs.open(path("k")), { code: "EIO", message: /not trusted/, retryable: false });
  await fs.close();
});

test("TLS with an authority of one's own", async () => {
  await using fixture = await openFixture({}, { tls: true });
  const bytes = sample(3_000_000);
  await write(fixture.fs, "k", bytes);
  assert.ok((await read(fixture.fs, "k")).equals(bytes));
});

for (const tls of [false, true]) {
  test(`a proxy with a password carries every request${tls ? ", TLS in a tunnel" : ""}`, async () => {
    await using folder = await temporaryFolder();
    await using fixture = await openFixture({}, { tls });
    await using proxy = await startProxy("user", "pass");
    const file = join(folder.path, "ca.pem");
    await writeFile(file, fixture.server.ca ?? "");
    const keys = {
      "fs.oss.proxy.host": "127.0.0.1",
      "fs.oss.proxy.port": proxy.port,
      "fs.oss.proxy.username": "user",
      ...(tls ? { "fs.oss.connection.ca.file": file } : {}),
    };
    const fs = await openFileSystem(fixture.server, { ...keys, "fs.oss.proxy.password": "pass" });
    const bytes = sample(3_000_000);
    await write(fs, "k", bytes);
    assert.ok((await read(fs, "k")).equals(bytes));
    await fs.close();
    assert.ok(proxy.requests > 0);
    fixture.requests();
    const wrong = await openFileSystem(fixture.server, { ...keys, "fs.oss.proxy.password": "wrong" });
    await assert.rejects(wrong.open(path("k")), /407|proxy refused/);
    assert.deepEqual(fixture.requests(), []);
    await wrong.close();
  });
}

test("both list versions, encrypted and open objects, and the requester pays", async () => {
  await using fixture = await openFixture({
    "fs.oss.list.version": 1,
    "fs.oss.paging.maximum": 3,
    "fs.oss.server-side-encryption-algorithm": "AES256",
    "fs.oss.acl.default": "public-read",
    "fs.oss.requester.pays.enabled": true,
    "fs.oss.user.agent.prefix": "my-job",
    "fs.oss.multipart.upload.size": "100 kb",
  });
  const { fs, server } = fixture;
  const seen: Record<string, string | undefined>[] = [];
  server.faults.add({
    times: 1000,
    where: ({ operation, headers }) => {
      const { "user-agent": agent, ...rest } = Object.fromEntries(headers);
      seen.push({ ...rest, operation, agent });
      return false;
    },
    fault: { kind: "delay", ms: 0 },
  });
  for (let i = 0; i < 10; i++) await write(fs, `d/${i}`, i === 0 ? sample(300_000) : "x");
  await fs.mkdirs(path("d/sub"));
  await fs.rename(path("d/1"), path("d/11"));
  const names = [0, 11, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `d/${i}`);
  assert.deepEqual(await list(fs, "d"), [...names, "d/sub/"]);
  assert.equal(seen.filter(({ operation }) => operation === "ListObjectsV2").length, 0);
  for (const { operation, agent, ...headers } of seen) {
    assert.match(agent ?? "", /^my-job /);
    assert.equal(headers["x-oss-request-payer"], "requester");
    if (!["PutObject", "InitiateMultipartUpload", "CopyObject"].includes(operation ?? "")) continue;
    assert.equal(headers["x-oss-server-side-encryption"], "AES256", operation);
    assert.equal(headers["x-oss-object-acl"], "public-read", operation);
  }
});

test("after close every call rejects", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", "x");
  await read(fs, "k");
  await fs.close();
  await fs.close();
  await assert.rejects(fs.getFileStatus(path("k")), { message: /the file system is closed/ });
});

for (const ending of ["after close", "without close"]) {
  test(`nothing keeps a process alive ${ending}`, async () => {
    await using fixture = await openFixture();
    const { endpoint, accessKeyId, accessKeySecret } = fixture.server;
    await fixture.server.put(BUCKET, "k", sample(3_000_000));
    const support = new URL("../test/support.ts", import.meta.url).href;
    const program = `
      const { openFileSystem, read } = await import(${JSON.stringify(support)});
      const fs = await openFileSystem(${JSON.stringify({ endpoint, accessKeyId, accessKeySecret })});
      console.log((await read(fs, "k")).length);
      ${ending === "after close" ? "await fs.close();" : ""}
      console.log(process.getActiveResourcesInfo().filter((name) => /TCP|TLS/.test(name)).length);`;
    const args = [...fromSource, "--input-type=module", "-e", program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    assert.match(stdout, ending === "after close" ? /^3000000\n0\n$/ : /^3000000\n/);
  });
}
