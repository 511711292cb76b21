import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { type OssServer, startOssServer } from "../server.ts";
import { ask, type Question, type Reply } from "../support/ask.ts";

/** One time for all servers, so that their objects bear the same date. */
const NOW = Date.now();

async function openServer(lean = true): Promise<OssServer> {
  const server = await startOssServer({
    buckets: ["demo"],
    lean,
    clock: () => NOW,
  });
  await ask(server, "PUT", "/demo/?acl", { headers: { "x-oss-acl": "public-read-write" } });
  await server.put("demo", "a", "hello");
  return server;
}

/** Sends pieces, each once the one before has gone out, and collects everything until the other side ends. */
async function talk(server: OssServer, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  const closed = once(socket, "close");
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  return answer;
}

const head = (line: string, more = "") => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;
const LAST = "Connection: close\r\n";
const statuses = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
/** What is the same for the same question: of headers that differ each time, that they are there. */
function constantOf({ status, headers }: Reply = assert.fail()): unknown {
  const isConstant = (name: string) => !/^(?:date|x-oss-(?:request-id|server-time|err))$/.test(name);
  const told = Object.entries(headers).map(([name, value]) => [name, isConstant(name) && value]);
  return [status, ...told.sort()];
}

const stored = async (server: OssServer, key: string) =>
  Buffer.from((await server.get("demo", key)) ?? []).toString("latin1");

test("answers bear the same headers as those of node:http", async () => {
  await using lean = await openServer();
  await using full = await openServer(false);
  const part = { Range: "bytes=1-2" };
  const questions: [method: string, resource: string, question?: Question][] = [
    ["PUT", "/demo/new", { body: "some bytes", headers: { "x-oss-meta-a": "ä" } }],
    ["GET", "/demo/new"],
    ["GET", "/demo/new", { headers: part }],
    ["GET", "/demo/new", { headers: { Range: "bytes=99-", "x-oss-range-behavior": "standard" } }],
    ["GET", "/demo/new", { headers: { "If-Match": '"other"' } }],
    ["HEAD", "/demo/new"],
    ["HEAD", "/demo/none"],
    ["PUT", "/demo/new", { body: "again", headers: { "x-oss-forbid-overwrite": "true" } }],
    ["DELETE", "/demo/new"],
    ["GET", "/demo/?list-type=2"],
  ];
  for (const [method, resource, question] of questions) {
    const [one, other] = await Promise.all(
      [lean, full].map((server) => ask(server, method, resource, question)),
    );
    assert.deepEqual(constantOf(one), constantOf(other), `${method} ${resource}`);
  }
});

test("requests cut anywhere, and several in one piece, are the same requests", async () => {
  await using server = await openServer();
  const put = (key: string, body: string) =>
    head(`PUT /demo/${key}`, `Content-Length: ${body.length}\r\n`) + body;
  const all = put("b", "first") + head("GET /demo/b") + put("c", "") + head("GET /demo/a", LAST);
  for (let at = 1; at < all.length; at += 7) {
    const answer = await talk(server, all.slice(0, at), all.slice(at));
    assert.deepEqual(statuses(answer), [200, 200, 200, 200], `cut at ${at}`);
    assert.match(answer, /\r\n\r\nfirstHTTP[\s\S]*\r\n\r\nhello$/);
  }
});

test("chunked bodies are taken wherever they are cut", async () => {
  await using server = await openServer();
  const body = "5;name=value\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  const all = head("PUT /demo/b", "Transfer-Encoding: chunked\r\n") + body + head("GET /demo/b", LAST);
  for (let at = 60; at < all.length; at += 3) {
    const answer = await talk(server, all.slice(0, at), all.slice(at));
    assert.deepEqual(statuses(answer), [200, 200], `cut at ${at}`);
    assert.match(answer, /\r\n\r\nhello0123456789$/);
  }
});

test("what can be read in two ways is refused and ends the connection", async () => {
  await using server = await openServer();
  const refused: [status: number, text: string][] = [
    [400, head("PUT /demo/b", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")],
    [400, head("PUT /demo/b", "Content-Length: 1\r\nContent-Length: 2\r\n")],
    [400, head("PUT /demo/b", "Content-Length: -1\r\n")],
    [400, head("PUT /demo/b", "Content-Length: 0x1\r\n")],
    [400, head("GET /demo/a", "A: b\r\n folded\r\n")],
    [400, head("GET /demo/a", "A : b\r\n")],
    [400, head("GET /demo/a", "A: b\nC: d\r\n")],
    [400, "GET /demo/a HTTP/2.0\r\n\r\n"],
    [400, "GET  /demo/a HTTP/1.1\r\n\r\n"],
    [417, head("PUT /demo/b", "Expect: more\r\nContent-Length: 1\r\n")],
    [400, `${head("PUT /demo/b", "Transfer-Encoding: chunked\r\n")}x\r\n0\r\n\r\n`],
    [400, `${head("PUT /demo/b", "Transfer-Encoding: chunked\r\n")}1\r\nxx\r\n0\r\n\r\n`],
    [501, head("PUT /demo/b", "Transfer-Encoding: gzip\r\n")],
  ];
  for (const [status, text] of refused) {
    assert.deepEqual(statuses(await talk(server, text + head("GET /demo/a"))), [status], text);
  }
  assert.deepEqual(server.keys("demo"), ["a"]);
});

test("HTTP/1.0 gets its answer and the end of the connection", async () => {
  await using server = await openServer();
  assert.match(await talk(server, "GET /demo/a HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200[\s\S]*\r\n\r\nhello$/);
});

test("uploads of many reads arrive whole, on one connection, with the sum of what came", async () => {
  await using server = await openServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const size of [0, 1, 4096, 4097, 262_144, 1_048_576, 5_000_001]) {
    const body = Buffer.from(
      Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 255),
    );
    const put = await ask(server, "PUT", "/demo/big", { body, agent });
    assert.equal(put.status, 200);
    assert.ok(body.equals((await server.get("demo", "big")) ?? Buffer.from("nothing")), `${size} bytes`);
    const got = await ask(server, "GET", "/demo/big", { agent });
    assert.ok(body.equals(got.body));
    assert.equal(got.headers["x-oss-hash-crc64ecma"], put.headers["x-oss-hash-crc64ecma"]);
  }
  agent.destroy();
  const connections = new Set(
    server.log
      .entries()
      .slice(-14)
      .map(({ connection }) => connection),
  );
  assert.equal(connections.size, 1);
});

test("a client that does not read gets no more than its connection holds", async () => {
  await using server = await openServer();
  const size = 64 * 1024 * 1024;
  await server.put("demo", "large", Buffer.alloc(size));
  const socket = connect({ port: server.port, host: "127.0.0.1" }).pause();
  socket.write(head("GET /demo/large") + head("GET /demo/large"));
  const sent = () => server.log.entries().reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  // Over and over as many turns without progress as there were with it.
  for (let before = -1, still = 0; still < 50; before = sent()) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    still = before === sent() ? still + 1 : 0;
  }
  assert.ok(sent() > 0 && sent() < size / 2, `${sent()} bytes were handed out`);
  socket.destroy();
  await once(socket, "close");
});

test("another CRC64 is taken where one is given", async () => {
  let bytes = 0;
  const crc64 = () => ({
    value: 42n,
    update(chunk: Uint8Array) {
      bytes += chunk.length;
    },
  });
  await using server = await startOssServer({ buckets: ["demo"], crc64 });
  const put = await ask(server, "PUT", "/demo/a", { body: "hello" });
  assert.deepEqual([put.headers["x-oss-hash-crc64ecma"], bytes], ["42", 5]);
  assert.equal(await stored(server, "a"), "hello");
});
