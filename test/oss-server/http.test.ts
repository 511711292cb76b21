import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import type { OssServer } from "./server.ts";
import { ask, signV1 } from "./support/ask.ts";
import { both, type Start } from "./support/both.ts";

async function openServer(start: Start): Promise<OssServer> {
  const server = await start({ buckets: ["demo"] });
  await ask(server, "PUT", "/demo/?acl", { headers: { "x-oss-acl": "public-read-write" } });
  await server.put("demo", "a", "hello");
  return server;
}

/** Sends text over a bare socket, half-closes it if asked to, and collects everything until the other side ends. */
async function talk(server: OssServer, text: string, halfClose = false): Promise<string> {
  const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  if (halfClose) socket.end(text);
  else socket.write(text);
  await once(socket, "end");
  socket.destroy();
  return answer;
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;

both("pipelined requests are answered in order", async (start) => {
  await using server = await openServer(start);
  const answer = await talk(
    server,
    get("/demo/a") + get("/demo/none") + get("/demo/a", "Connection: close\r\n"),
  );
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
  assert.equal(answer.match(/hello/g)?.length, 2);
});

both("a half-closed connection still gets its answer", async (start) => {
  await using server = await openServer(start);
  const answer = await talk(server, get("/demo/a"), true);
  assert.match(answer, /^HTTP\/1\.1 200[\s\S]*hello$/);
});

both("Expect: 100-continue: told to go on, or the error before any byte of the body", async (start) => {
  await using server = await openServer(start);
  const put = async (bucket: string) => {
    const path = `/${bucket}/new`;
    const signed = { Date: new Date().toUTCString() };
    const Authorization = `OSS ${server.accessKeyId}:${signV1("PUT", path, signed, server.accessKeySecret)}`;
    const headers = { ...signed, Authorization, Expect: "100-continue", "Content-Length": "5" };
    const sent = request({
      port: server.port,
      host: "127.0.0.1",
      method: "PUT",
      path,
      headers,
      agent: false,
    });
    let continued = false;
    sent.on("continue", () => {
      continued = true;
      sent.end("bytes");
    });
    sent.flushHeaders();
    const [reply] = await once(sent, "response");
    reply.resume();
    await once(reply, "close");
    sent.destroy();
    return [continued, reply.statusCode];
  };
  assert.deepEqual(await put("demo"), [true, 200]);
  assert.deepEqual(await put("nowhere"), [false, 404]);
  assert.equal(Buffer.from((await server.get("demo", "new")) ?? []).toString(), "bytes");
});

both("chunked uploads are taken; a body with neither length nor chunks is refused", async (start) => {
  await using server = await openServer(start);
  const headers = { "Transfer-Encoding": "chunked" };
  assert.equal((await ask(server, "PUT", "/demo/b", { headers, body: "chunks" })).status, 200);
  assert.equal(Buffer.from((await server.get("demo", "b")) ?? []).toString(), "chunks");
  const bare = await talk(server, "PUT /demo/b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  assert.match(bare, /^HTTP\/1\.1 411[\s\S]*<Code>MissingContentLength<\/Code>/);
});

both("a body that ends early publishes nothing and leaves nothing", async (start) => {
  await using server = await openServer(start);
  const head = "PUT /demo/cut HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n";
  const socket = connect(server.port, "127.0.0.1");
  socket.write(`${head}only a few bytes`);
  const entry = () => server.log.entries().find(({ key }) => key === "cut");
  while (entry()?.bytesIn !== 16) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  await once(socket, "close");
  await server.close();
  assert.deepEqual(server.keys("demo"), ["a"]);
  assert.equal(entry()?.status, 0);
});

both("a refused body is read to its end, so that the client sees the answer and goes on", async (start) => {
  await using server = await openServer(start);
  const body = Buffer.alloc(3_000_000);
  const reply = await ask(server, "PUT", "/nowhere/a", { body });
  assert.deepEqual([reply.status, reply.code], [404, "NoSuchBucket"]);
});

both("what is no HTTP, and headers too large, are answered and harm nobody", async (start) => {
  await using server = await openServer(start);
  assert.match(await talk(server, "NONSENSE\r\n\r\n"), /^HTTP\/1\.1 400/);
  assert.match(await talk(server, get("/demo/a", `X-Large: ${"x".repeat(20_000)}\r\n`)), /^HTTP\/1\.1 431/);
  assert.equal((await ask(server, "GET", "/demo/a")).status, 200);
});

both("the bucket is found in the Host header in all its forms", async (start) => {
  await using server = await openServer(start);
  const status = async (host: string, path: string) => {
    const answer = await talk(server, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
  };
  const { port } = server;
  for (const host of [
    "demo.oss-cn-hangzhou.aliyuncs.com",
    "demo.oss-cn-hangzhou-internal.aliyuncs.com",
    `demo.localhost:${port}`,
    "demo.localhost",
    `demo.127.0.0.1:${port}`,
    "demo.s3.oss-cn-hangzhou.aliyuncs.com",
  ]) {
    assert.equal(await status(host, "/a"), "200", host);
    assert.equal(await status(host, "/demo/a"), "404", host);
  }
  for (const host of [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    "[::1]",
    "oss-cn-hangzhou.aliyuncs.com",
    "my.server.test",
  ]) {
    assert.equal(await status(host, "/demo/a"), "200", host);
    assert.equal(await status(host, "/a"), "404", host);
  }
  assert.equal(await status("127.0.0.1", `http://127.0.0.1:${port}/demo/a`), "200");
});

both("two servers know nothing of each other", async (start) => {
  await using one = await openServer(start);
  await using two = await start({
    buckets: ["demo"],
    accessKeyId: "other",
    accessKeySecret: "other",
  });
  one.faults.add({ times: 100, fault: { kind: "throttle" } });
  one.shape.latency = 1000;
  assert.equal((await ask(two, "GET", "/demo/a")).code, "NoSuchKey");
  assert.equal(two.log.entries().length, 1);
});
