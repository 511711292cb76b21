import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Environment, FileSystem, FileSystemError, RandomAccessInputStream } from "plugfs";
import { gateway } from "./gateway.js";

let env;
let app;
let folder;
let url;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-"));
  env = await Environment.open({ home: folder, policy: { allow: [folder] } });
  app = gateway(env);
  await app.listen({ port: 0, host: "127.0.0.1" });
  url = (name) => `http://127.0.0.1:${app.server.address().port}/f/file://${folder}/${name}`;
});
after(async () => {
  await app.close();
  await env.close();
  await rm(folder, { recursive: true });
});

test("what was put comes back, whole and in ranges, with its ETag", async () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251));
  const put = await fetch(url("big"), { method: "PUT", body: bytes });
  assert.equal(put.status, 201);
  const get = await fetch(url("big"));
  assert.deepEqual(Buffer.from(await get.arrayBuffer()), bytes);
  assert.equal(get.headers.get("content-length"), "3000000");
  for (const [range, start, end] of [
    ["bytes=10-19", 10, 20],
    ["bytes=2999990-", 2_999_990, 3_000_000],
    ["bytes=-5", 2_999_995, 3_000_000],
    ["bytes=2999999-9999999", 2_999_999, 3_000_000],
  ]) {
    const part = await fetch(url("big"), { headers: { range } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes ${start}-${end - 1}/3000000`);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(start, end));
  }
  assert.equal((await fetch(url("big"), { headers: { range: "bytes=3000000-" } })).status, 416);
  const tag = get.headers.get("etag");
  assert.equal((await fetch(url("big"), { headers: { "if-none-match": tag } })).status, 304);
  const head = await fetch(url("big"), { method: "HEAD" });
  assert.deepEqual(
    [head.status, head.headers.get("etag"), head.headers.get("content-length")],
    [200, tag, "3000000"],
  );
  assert.equal(
    (await fetch(url("big"), { method: "PUT", body: "x", headers: { "if-match": '"old"' } })).status,
    412,
  );
  assert.equal(
    (await fetch(url("big"), { method: "PUT", body: "x", headers: { "if-none-match": "*" } })).status,
    409,
  );
  assert.equal(
    (await fetch(url("big"), { method: "PUT", body: "x", headers: { "if-match": tag } })).status,
    204,
  );
  assert.equal(await readFile(join(folder, "big"), "utf8"), "x");
  assert.equal((await fetch(url("big"), { method: "DELETE" })).status, 204);
  assert.equal((await fetch(url("big"), { method: "DELETE" })).status, 404);
  assert.equal((await fetch(url("big"))).status, 404);
});

test("an empty file is a file", async () => {
  assert.equal((await fetch(url("empty"), { method: "PUT", body: "" })).status, 201);
  assert.equal(await (await fetch(url("empty"))).text(), "");
  await fetch(url("empty"), { method: "DELETE" });
});

test("a store that fails before the first byte is 502 without its message, later the connection breaks", async () => {
  const failing = await Environment.open({ home: folder });
  class Failing extends FileSystem {
    capabilities = new Set();
    async getFileStatus(path) {
      return { path, kind: "file", length: 2_000_000, modificationTime: 1, version: "v" };
    }
    async open(path) {
      const status = await this.getFileStatus(path);
      const readAt = async (position, into) => {
        if (position >= Number(path.key)) throw new FileSystemError({ code: "EIO", path, hint: "internal" });
        return into.length;
      };
      return new RandomAccessInputStream({ status, readAt });
    }
  }
  failing.register({ scheme: "failing", create: () => new Failing() });
  const other = gateway(failing);
  await other.listen({ port: 0, host: "127.0.0.1" });
  const get = (key) => fetch(`http://127.0.0.1:${other.server.address().port}/f/failing://x/${key}`);
  const early = await get("0");
  assert.equal(early.status, 502);
  assert.equal(early.headers.get("etag"), null);
  assert.deepEqual(await early.json(), { error: "EIO", message: "Bad Gateway" });
  const late = await get("1000000");
  assert.equal(late.status, 200);
  await assert.rejects(late.arrayBuffer());
  await other.close();
  await failing.close();
});

test("a folder is a list for programs and a page for people", async () => {
  const odd = "<b>&'\"%41 ä";
  await writeFile(join(folder, odd), "12345");
  const list = await (await fetch(url(""))).json();
  assert.deepEqual(
    list.map(({ name, kind, length }) => ({ name, kind, length })),
    [{ name: odd, kind: "file", length: 5 }],
  );
  const response = await fetch(url(""), { headers: { accept: "text/html,*/*" } });
  assert.match(response.headers.get("content-type"), /^text\/html/);
  const html = await response.text();
  assert.ok(!html.includes("<b>"));
  const [, link] = /<th scope="row"><a href="([^"]+)"/.exec(html);
  const opened = await fetch(`http://127.0.0.1:${app.server.address().port}${link}`);
  assert.equal(await opened.text(), "12345");
  await rm(join(folder, odd));
});

test("nothing outside of what is allowed is served", async () => {
  await symlink("/etc", join(folder, "link"));
  for (const name of ["../", "%2e%2e/", "..%2f..%2fetc/passwd", "link/passwd", "link/"]) {
    // `fetch` would tidy the path up itself.
    const status = await new Promise((resolve, reject) => {
      const { port } = app.server.address();
      request({ port, host: "127.0.0.1", path: `/f/file://${folder}/${name}` }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    assert.equal(status, 403, name);
  }
  assert.equal((await fetch(`http://127.0.0.1:${app.server.address().port}/f/oss://bucket/x`)).status, 403);
  await rm(join(folder, "link"));
});

test("a client that goes away while it puts leaves nothing behind", async () => {
  const { port } = app.server.address();
  await new Promise((resolve) => {
    const put = request({ port, host: "127.0.0.1", method: "PUT", path: `/f/file://${folder}/half` });
    put.on("error", resolve);
    put.write(Buffer.alloc(100_000), () => put.destroy());
    put.on("close", resolve);
  });
  while (env.metrics()[0].openOutputs > 0) await new Promise(setImmediate);
  assert.deepEqual(await readdir(folder), []);
});
