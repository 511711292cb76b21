import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fromSource } from "../support/from-source.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomFrom } from "./random.ts";
import { type OssServer, startOssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";
import { ask } from "./support/ask.ts";

const COMMAND = fileURLToPath(new URL("../../scripts/oss-server.ts", import.meta.url));
const ROUNDS = process.env.PLUGFS_SOAK === "1" ? 40 : 3;

test("a data folder holds everything over a restart", async () => {
  await using folder = await temporaryFolder();
  const options = { buckets: ["demo"], data: folder.path };
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
  let uploadId: string;
  {
    await using server = await startOssServer(options);
    const client = aliOss(server);
    await server.put("demo", "../../etc/passwd", "no escape");
    await client.put("a b", bytes, {
      headers: { "x-oss-meta-a": "1", "Content-Type": "text/x" },
    });
    await client.copy("copy", "a b");
    await client.put("gone", Buffer.from("gone"));
    await client.delete("gone");
    await client.put("replaced", bytes);
    await client.put("replaced", Buffer.from("new"));
    await client.append("log", Buffer.from("hello "), { position: 0 });
    await ask(server, "PUT", "/demo/?acl", { headers: { "x-oss-acl": "public-read" } });
    uploadId = (await client.initMultipartUpload("big")).uploadId;
    await client.uploadPart("big", uploadId, 1, bytes, 0, 102_400);
  }
  await using server = await startOssServer(options);
  const client = aliOss(server);
  assert.deepEqual(server.keys("demo"), ["../../etc/passwd", "a b", "copy", "log", "replaced"]);
  const got = await client.get("a b");
  assert.deepEqual(got.content, bytes);
  assert.equal(got.res.headers["x-oss-meta-a"], "1");
  assert.equal(got.res.headers["content-type"], "text/x");
  assert.deepEqual(
    (await client.get("copy", { headers: { Range: "bytes=2000000-2999999" } })).content,
    bytes.subarray(2_000_000),
  );
  assert.equal((await client.get("replaced")).content.toString(), "new");
  await client.append("log", Buffer.from("world"), { position: "6" });
  assert.equal((await client.get("log")).content.toString(), "hello world");
  assert.equal((await client.getBucketACL("demo")).acl, "public-read");
  const two = await client.uploadPart("big", uploadId, 2, Buffer.from("end"), 0, 3);
  const { parts } = await client.listParts("big", uploadId);
  assert.equal(parts.length, 2);
  const first = (parts[0] as unknown as { ETag: string }).ETag;
  await client.completeMultipartUpload("big", uploadId, [
    { number: 1, etag: first },
    { number: 2, etag: two.etag },
  ]);
  assert.equal((await client.get("big")).content.length, 102_403);
});

test("bytes that nothing uses any more leave the folder", async () => {
  await using folder = await temporaryFolder();
  const server = await startOssServer({ buckets: ["demo"], data: folder.path });
  const client = aliOss(server);
  const bytes = Buffer.alloc(200_000, 1);
  await client.put("a", bytes);
  await client.put("a", bytes);
  await client.copy("b", "a");
  await client.delete("a");
  const { uploadId } = await client.initMultipartUpload("big");
  await client.uploadPart("big", uploadId, 1, bytes, 0, bytes.length);
  await client.abortMultipartUpload("big", uploadId);
  await assert.rejects(
    client.put("c", bytes, { headers: { "Content-MD5": Buffer.alloc(16).toString("base64") } }),
  );
  assert.deepEqual((await client.get("b")).content, bytes);
  await server.close();
  assert.equal((await readdir(join(folder.path, "blobs"))).length, 1);
  assert.deepEqual((await readdir(folder.path)).sort(), ["blobs", "records", "temporary"]);
});

for (const kind of ["in memory", "on disk"]) {
  test(`an object that is replaced or deleted while it is read is read to its end, ${kind}`, async () => {
    await using folder = await temporaryFolder();
    const place = kind === "on disk" ? { data: folder.path } : {};
    await using server = await startOssServer({ buckets: ["demo"], rate: 10_000_000, ...place });
    const bytes = Buffer.alloc(3_000_000, 7);
    await server.put("demo", "a", bytes);
    const reading = ask(server, "GET", "/demo/a");
    while ((server.log.entries()[0]?.bytesOut ?? 0) === 0)
      await new Promise((resolve) => setImmediate(resolve));
    for (let version = 0; version < 3; version++)
      await server.put("demo", "a", Buffer.alloc(3_000_000, version));
    server.remove("demo", "a");
    await server.put("demo", "b", Buffer.alloc(3_000_000, 1));
    assert.ok((await reading).body.equals(bytes));
  });
}

test("a folder in use is refused; one whose owner died is taken over", async () => {
  await using folder = await temporaryFolder();
  const options = { data: folder.path };
  {
    await using _server = await startOssServer(options);
    await assert.rejects(startOssServer(options), /in use by process/);
  }
  await using again = await startOssServer(options);
  assert.ok(again.port > 0);
});

async function startCommand(data: string): Promise<{ child: ChildProcess; server: OssServer }> {
  const args = [...fromSource, COMMAND, "--bucket", "demo", "--data", data];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line");
  const { endpoint, accessKeyId } = JSON.parse(line);
  const accessKeySecret = "plugfs-test-secret";
  return { child, server: { endpoint, accessKeyId, accessKeySecret } as OssServer };
}

test("a server killed at any moment shows the old object or the new one, never half", async () => {
  await using folder = await temporaryFolder();
  const random = randomFrom(1);
  /** What each key may hold: the last version that was confirmed, or one that was under way after it. */
  const allowed = new Map<string, Set<number>>();
  let version = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { child, server } = await startCommand(folder.path);
    for (const [key, versions] of allowed) {
      const reply = await ask(server, "GET", `/demo/${key}`);
      const found = reply.status === 404 ? 0 : reply.body.readUInt32LE(0);
      assert.ok(versions.has(found), `${key} holds ${found}, not one of ${[...versions]}`);
      if (found !== 0) assert.deepEqual(reply.body, bodyOf(found));
      versions.clear();
      versions.add(found);
    }
    let isAlive = true;
    const writers = ["a", "b", "c", "d"].map(async (key) => {
      while (isAlive) {
        const next = ++version;
        const versions = allowed.get(key) ?? new Set([0]);
        allowed.set(key, versions);
        versions.add(next);
        const reply = await ask(server, "PUT", `/demo/${key}`, { body: bodyOf(next) }).catch(() => undefined);
        if (reply?.status !== 200) return;
        versions.clear();
        versions.add(next);
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 100 + random() * 300));
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    isAlive = false;
    await Promise.all(writers);
  }
  const { child, server } = await startCommand(folder.path);
  const listed = await ask(server, "GET", "/demo/");
  assert.equal(listed.status, 200);
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await gone, [0, null]);
  const records = (await readdir(join(folder.path, "records"), { recursive: true })).filter(
    (name) => name.includes("objects") && name.endsWith(".json"),
  );
  assert.equal((await readdir(join(folder.path, "blobs"))).length, records.length);
  for (const name of records) JSON.parse(await readFile(join(folder.path, "records", name), "utf8"));
});

/** A body whose first bytes tell its version, and whose length and bytes follow from it. */
function bodyOf(version: number): Buffer {
  const body = Buffer.alloc(4 + ((version * 7919) % 300_000), version % 251);
  body.writeUInt32LE(version);
  return body;
}
