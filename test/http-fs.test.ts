/** The read-only plugin over HTTP in test/fixtures: what the contract suite of a store that is only read cannot see. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Environment, Path } from "plugfs";
import "./fixtures/plugins/http-fs/contract.test.js";
import { temporaryFolder } from "./support/temporary-folder.ts";

const PLUGIN = fileURLToPath(new URL("fixtures/plugins/http-fs", import.meta.url));

/** A server and an environment with the plugin in `plugins/`. */
async function served(listener: RequestListener, configuration: Record<string, unknown> = {}) {
  const home = await temporaryFolder();
  await cp(PLUGIN, join(home.path, "plugins/http-fs"), { recursive: true });
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const env = await Environment.open({ home: home.path, configuration });
  return {
    env,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await env.close();
      server.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

const FOLDERS: Record<string, string> = {
  "/": '<a href="?C=N;O=D">Name</a> <a href="/">root</a> <a href="docs/">docs/</a> <a href="docs-x">x</a> <a href="z">z</a>',
  "/docs/":
    '<a href="../">..</a><a href="a%20b.txt">a b</a><a href=\'sub/\'>sub</a><a href="http://x/">x</a><a href="R&amp;D">R&D</a>',
  "/docs/sub/": '<a href="deep">deep</a>',
};
const FILES: Record<string, string> = {
  "/z": "last",
  "/docs-x": "before docs/ in the order",
  "/docs/a%20b.txt": "spaces",
  "/docs/R%26D": "ampersand",
  "/docs/sub/deep": "deep",
};

/** As Apache does it: folders redirect to their name with a slash. */
const tree: RequestListener = ({ url = "", method }, response) => {
  const end = (status: number, headers: Record<string, string | number>, body: string) =>
    response.writeHead(status, headers).end(method === "HEAD" ? undefined : body);
  const file = FILES[url];
  const folder = FOLDERS[url];
  if (file !== undefined) return void end(200, { "content-length": file.length }, file);
  if (folder !== undefined) return void end(200, { "content-type": "text/html" }, folder);
  if (FOLDERS[`${url}/`] !== undefined) return void end(301, { location: `${url}/` }, "");
  end(404, {}, "");
};

test("folders are listed from their index pages, files read by a server without ranges", async () => {
  await using at = await served(tree);
  assert.deepEqual(await at.env.fs.readdir(`${at.url}/`), ["docs-x", "docs", "z"]);
  assert.deepEqual(await at.env.fs.readdir(`${at.url}/docs`), ["R&D", "a b.txt", "sub"]);
  assert.equal((await at.env.fs.stat(`${at.url}/docs`)).isDirectory(), true);
  assert.equal(await at.env.fs.readFile(`${at.url}/docs/a b.txt`, "utf8"), "spaces");
  assert.equal(await at.env.fs.readFile(`${at.url}/docs/R&D`, "utf8"), "ampersand");
  const fileSystem = await at.env.fileSystem(at.url);
  const root = Path.parse(at.url);
  const names = async (startAfter?: string) => {
    const found: string[] = [];
    const after = startAfter === undefined ? undefined : root.child(startAfter);
    for await (const { path } of fileSystem.listStatus(root, { recursive: true, startAfter: after })) {
      found.push(path.key);
    }
    return found;
  };
  const all = ["docs-x", "docs", "docs/R&D", "docs/a b.txt", "docs/sub", "docs/sub/deep", "z"];
  assert.deepEqual(await names(), all);
  for (const [i, name] of all.entries()) assert.deepEqual(await names(name), all.slice(i + 1), name);
  await assert.rejects(at.env.fs.writeFile(`${at.url}/new`, "x"), { code: "ENOTSUP", plugin: "http-fs" });
});

for (const [status, code, retryable] of [
  [403, "EACCES", false],
  [404, "ENOENT", false],
  [429, "EBUSY", true],
  [503, "EIO", true],
] as const) {
  test(`status ${status} is ${code}`, async () => {
    await using at = await served((_, response) => void response.writeHead(status).end());
    await assert.rejects(at.env.fs.readFile(`${at.url}/x`), { code, plugin: "http-fs", retryable });
  });
}

test("a file that changes while it is read is ESTALE", async () => {
  let etag = '"one"';
  await using at = await served(({ headers, method }, response) => {
    if (headers["if-match"] !== undefined && headers["if-match"] !== etag)
      return void response.writeHead(412).end();
    response.writeHead(200, { etag, "content-length": 3 }).end(method === "HEAD" ? undefined : "abc");
  });
  const handle = await at.env.fs.open(`${at.url}/x`);
  etag = '"two"';
  await assert.rejects(handle.readFile(), { code: "ESTALE" });
  await handle.close();
});

test("a server that does not answer is ETIMEDOUT after fs.http.timeout", async () => {
  await using at = await served(() => {}, { "fs.http.timeout": "50 ms" });
  await assert.rejects(at.env.fs.readFile(`${at.url}/x`), { code: "ETIMEDOUT", retryable: true });
});

test("fs.http.authorization is sent, and shown nowhere", async () => {
  await using at = await served(
    ({ headers, method }, response) => {
      if (headers.authorization !== "Bearer abc") return void response.writeHead(401).end();
      response.writeHead(200, { "content-length": 2 }).end(method === "HEAD" ? undefined : "in");
    },
    { "fs.http.authorization": "Bearer abc" },
  );
  assert.equal(await at.env.fs.readFile(`${at.url}/x`, "utf8"), "in");
  assert.ok(!JSON.stringify(at.env.configuration).includes("abc"));
});
