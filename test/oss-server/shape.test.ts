import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { aliOss } from "./support/ali-oss.ts";
import { ask } from "./support/ask.ts";
import { both } from "./support/both.ts";

both("latency delays the first byte of every answer, and may be changed", async (start) => {
  await using server = await start({ buckets: ["demo"], latency: 200 });
  const time = async () => {
    const started = performance.now();
    await ask(server, "GET", "/demo/missing");
    return performance.now() - started;
  };
  assert.ok((await time()) >= 199);
  server.shape.latency = 0;
  assert.ok((await time()) < 199);
});

both("the rate holds in both directions", async (start) => {
  const rate = 4_000_000;
  await using server = await start({ buckets: ["demo"], rate });
  const body = Buffer.alloc(600_000, 5);
  for (const method of ["PUT", "GET"]) {
    const started = performance.now();
    const reply = await ask(server, method, "/demo/a", method === "PUT" ? { body } : {});
    const seconds = (performance.now() - started) / 1000;
    assert.equal(reply.status, 200);
    assert.ok(seconds > 0.13, `${method} took ${seconds} s, at least 0.15 were due`);
  }
});

both("a server closes at once, however slow its connections are", async (start) => {
  const server = await start({ buckets: ["demo"], rate: 1000 });
  await server.put("demo", "a", Buffer.alloc(1_000_000));
  const slow = [
    ask(server, "GET", "/demo/a"),
    ask(server, "PUT", "/demo/b", { body: Buffer.alloc(1_000_000) }),
  ];
  const settled = Promise.allSettled(slow);
  const areUnderWay = () =>
    server.log.entries().filter(({ bytesIn, bytesOut }) => bytesIn + bytesOut > 0).length === 2;
  while (!areUnderWay()) await new Promise((resolve) => setImmediate(resolve));
  const started = performance.now();
  await server.close();
  assert.ok(performance.now() - started < 5000);
  await settled;
});

both("requests above requestsPerSecond are answered 503 QpsLimitExceeded", async (start) => {
  await using server = await start({ buckets: ["demo"] });
  await server.put("demo", "a", "x");
  server.shape.requestsPerSecond = 2;
  const replies = await Promise.all(Array.from({ length: 8 }, () => ask(server, "GET", "/demo/a")));
  const refused = replies.filter(({ status }) => status === 503);
  assert.ok(refused.length >= 1 && refused.length <= 6, `${refused.length} of 8 were refused`);
  assert.equal(refused[0]?.code, "QpsLimitExceeded");
  assert.ok(Number(refused[0]?.headers["x-oss-qos-delay-time"]) > 0);
});

both("connections above maxConnections are closed at once", async (start) => {
  await using server = await start({ buckets: ["demo"], maxConnections: 1 });
  const first = connect(server.port, "127.0.0.1");
  await once(first, "connect");
  const second = connect(server.port, "127.0.0.1").on("error", () => {});
  await once(second, "close");
  const gone = once(first, "close");
  first.destroy();
  await gone;
});

both("an idle connection is closed after idleTimeout, and no header gives the time away", async (start) => {
  await using server = await start({ buckets: ["demo"], idleTimeout: 50 });
  const agent = new Agent({ keepAlive: true });
  const request = get(server.endpoint, { agent });
  const [reply] = await once(request, "response");
  const { socket } = reply;
  assert.equal(reply.headers.connection, "keep-alive");
  assert.equal(reply.headers["keep-alive"], undefined);
  reply.resume();
  await once(socket, "close");
  agent.destroy();
});

both(
  "TLS: the certificate holds for the endpoint, and faults reset these connections, too",
  async (start) => {
    await using server = await start({ buckets: ["demo"], tls: true });
    const ca = server.ca ?? "";
    assert.match(server.endpoint, /^https:/);
    assert.equal((await ask(server, "PUT", "/demo/a", { body: "x", ca })).status, 200);
    assert.equal((await ask(server, "GET", "/demo/a", { ca })).body.toString(), "x");
    await assert.rejects(ask(server, "GET", "/demo/a"), { code: /UNABLE_TO|SELF_SIGNED/ });
    server.faults.add({ fault: { kind: "reset-before-headers" } });
    await assert.rejects(ask(server, "GET", "/demo/a", { ca }), { code: "ECONNRESET" });
    assert.deepEqual(
      server.log.entries().map(({ connection }) => connection),
      [1, 2, 4],
    );
  },
);

both(
  "the log tells operation, key, range, status, code, bytes and connection, and can be cleared",
  async (start) => {
    await using server = await start({ buckets: ["demo"] });
    const client = aliOss(server);
    await client.put("a b", Buffer.from("hello"));
    await client.get("a b", { headers: { Range: "bytes=1-2" } });
    await assert.rejects(client.get("none"));
    const { requestId, ...first } = server.log.entries()[0] ?? assert.fail();
    assert.match(requestId, /^[0-9A-F]{24}$/);
    assert.deepEqual(first, {
      operation: "PutObject",
      method: "PUT",
      bucket: "demo",
      key: "a b",
      range: undefined,
      status: 200,
      code: undefined,
      bytesIn: 5,
      bytesOut: 0,
      connection: 1,
      faults: [],
    });
    const [, second, third] = server.log.entries();
    assert.deepEqual([second?.range, second?.status, second?.bytesOut], ["bytes=1-2", 206, 2]);
    assert.deepEqual([third?.status, third?.code, third?.connection], [404, "NoSuchKey", 1]);
    server.log.clear();
    assert.deepEqual(server.log.entries(), []);
  },
);
