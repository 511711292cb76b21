import assert from "node:assert/strict";
import { connect } from "node:net";
import { crc64 } from "./crc64.ts";
import type { Fault, OssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";
import { ask } from "./support/ask.ts";
import { both, type Start } from "./support/both.ts";

const BYTES = Buffer.from("0123456789".repeat(20_000));

async function serverWithObject(start: Start): Promise<OssServer> {
  const server = await start({ buckets: ["demo"] });
  await server.put("demo", "a", BYTES);
  return server;
}

/** Reads `/demo/a` until the connection ends, however it ends. */
function readToTheEnd(server: OssServer): Promise<{ bytes: Buffer; error: string | undefined }> {
  return new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    let failure: string | undefined;
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code;
    });
    socket.on("close", () => {
      const all = Buffer.concat(chunks);
      resolve({ bytes: all.subarray(all.indexOf("\r\n\r\n") + 4), error: failure });
    });
    socket.write("GET /demo/a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  });
}

both("a status fault answers any error, with its headers, and does nothing", async (start) => {
  await using server = await serverWithObject(start);
  const headers = { "x-oss-qos-delay-time": "70" };
  using fault = server.faults.add({
    operation: "PutObject",
    fault: { kind: "status", status: 503, code: "ServiceUnavailable", headers },
  });
  const reply = await ask(server, "PUT", "/demo/b", { body: "x" });
  assert.equal(reply.status, 503);
  assert.equal(reply.code, "ServiceUnavailable");
  assert.equal(reply.headers["x-oss-qos-delay-time"], "70");
  assert.equal(await server.get("demo", "b"), undefined);
  assert.equal((await ask(server, "PUT", "/demo/b", { body: "x" })).status, 200);
  assert.deepEqual([fault.matched, fault.hits], [2, 1]);
});

both("nth and times choose among matching requests; dispose and clear end a rule", async (start) => {
  await using server = await serverWithObject(start);
  await server.put("demo", "other", "x");
  const fault: Fault = { kind: "status", status: 500, code: "InternalError" };
  const statuses = async () => {
    const found: number[] = [];
    for (let count = 0; count < 5; count++) {
      await ask(server, "GET", "/demo/other");
      found.push((await ask(server, "GET", "/demo/a")).status);
    }
    return found;
  };
  {
    using _rule = server.faults.add({
      operation: ["GetObject", "HeadObject"],
      key: "a",
      nth: 2,
      times: 2,
      fault,
    });
    assert.deepEqual(await statuses(), [200, 500, 500, 200, 200]);
  }
  assert.deepEqual(await statuses(), [200, 200, 200, 200, 200]);
  server.faults.add({ key: /^a$/g, times: Number.POSITIVE_INFINITY, fault });
  assert.deepEqual(await statuses(), [500, 500, 500, 500, 500]);
  server.faults.clear();
  server.faults.add({ where: ({ range }) => range === "bytes=0-1", fault });
  assert.deepEqual(await statuses(), [200, 200, 200, 200, 200]);
  assert.equal((await ask(server, "GET", "/demo/a", { headers: { Range: "bytes=0-1" } })).status, 500);
});

both("a reset before headers leaves the operation undone, a lost answer leaves it done", async (start) => {
  await using server = await serverWithObject(start);
  server.faults.add({ operation: "PutObject", fault: { kind: "reset-before-headers" } });
  await assert.rejects(ask(server, "PUT", "/demo/b", { body: "x" }), { code: "ECONNRESET" });
  assert.equal(await server.get("demo", "b"), undefined);
  server.faults.add({ operation: "PutObject", fault: { kind: "answer-lost" } });
  await assert.rejects(ask(server, "PUT", "/demo/b", { body: "x" }), { code: "ECONNRESET" });
  assert.equal(Buffer.from((await server.get("demo", "b")) ?? []).toString(), "x");
  assert.deepEqual(
    server.log.entries().map(({ status, faults }) => [status, ...faults]),
    [
      [0, "reset-before-headers"],
      [0, "answer-lost"],
    ],
  );
});

for (const [kind, after, expected] of [
  ["cut-body", undefined, 100_000],
  ["cut-body", 0, 0],
  ["cut-body", -1, 199_999],
  ["cut-body", 70_000, 70_000],
] as const) {
  both(
    `${kind} after ${after ?? "the middle"} delivers ${expected} bytes and ends the connection`,
    async (start) => {
      await using server = await serverWithObject(start);
      (await ask(server, "PUT", "/demo/a?acl", { headers: { "x-oss-object-acl": "public-read" } })).status;
      server.faults.add({ fault: { kind, ...(after === undefined ? {} : { after }) } });
      const { bytes, error } = await readToTheEnd(server);
      assert.deepEqual(bytes, BYTES.subarray(0, expected));
      assert.equal(error, undefined);
      assert.equal(server.log.entries().at(-1)?.bytesOut, expected);
    },
  );
}

both("reset-mid-body resets the connection after some of the body", async (start) => {
  await using server = await serverWithObject(start);
  await ask(server, "PUT", "/demo/a?acl", { headers: { "x-oss-object-acl": "public-read" } });
  server.faults.add({ fault: { kind: "reset-mid-body", after: -1 } });
  const { bytes } = await readToTheEnd(server);
  assert.ok(bytes.length < BYTES.length);
  assert.equal(server.log.entries().at(-1)?.bytesOut, BYTES.length - 1);
});

both("a stalled body and a silent server hold the connection until somebody ends it", async (start) => {
  const server = await serverWithObject(start);
  const stall = server.faults.add({ operation: "GetObject", fault: { kind: "stall", after: 1000 } });
  const silence = server.faults.add({ operation: "DeleteObject", fault: { kind: "silence" } });
  const pending = [ask(server, "GET", "/demo/a"), ask(server, "DELETE", "/demo/a")];
  const settled = Promise.allSettled(pending);
  await Promise.all([stall.happened(), silence.happened()]);
  assert.deepEqual(server.keys("demo"), ["a"]);
  await server.close();
  assert.deepEqual(
    (await settled).map(({ status }) => status),
    ["rejected", "rejected"],
  );
});

both("corrupt flips one bit of an answer and keeps the true sums in its headers", async (start) => {
  await using server = await serverWithObject(start);
  server.faults.add({ fault: { kind: "corrupt", at: 150_000 } });
  const reply = await ask(server, "GET", "/demo/a");
  assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(BYTES)));
  assert.deepEqual(
    [...reply.body].flatMap((byte, index) => (byte === BYTES[index] ? [] : [index])),
    [150_000],
  );
  assert.deepEqual((await ask(server, "GET", "/demo/a")).body, BYTES);
});

both("corrupt-upload stores a wrong bit and answers the sums of what was stored", async (start) => {
  await using server = await serverWithObject(start);
  server.faults.add({ operation: "PutObject", fault: { kind: "corrupt-upload" } });
  const reply = await ask(server, "PUT", "/demo/b", { body: "abcde" });
  assert.equal(Buffer.from((await server.get("demo", "b")) ?? []).toString(), "abbde");
  assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(Buffer.from("abbde"))));
});

both("reset-upload and stall-upload break a request's body; nothing is stored", async (start) => {
  await using server = await serverWithObject(start);
  server.faults.add({ operation: "PutObject", fault: { kind: "reset-upload", after: 100_000 } });
  await assert.rejects(ask(server, "PUT", "/demo/b", { body: BYTES }), { code: /ECONNRESET|EPIPE/ });
  const stall = server.faults.add({ operation: "PutObject", fault: { kind: "stall-upload" } });
  const stalled = assert.rejects(ask(server, "PUT", "/demo/b", { body: BYTES }));
  await stall.happened();
  assert.deepEqual(server.keys("demo"), ["a"]);
  await server.close();
  await stalled;
});

both("ok-with-error-body says 200 and does nothing", async (start) => {
  await using server = await serverWithObject(start);
  server.faults.add({
    operation: "CopyObject",
    fault: { kind: "ok-with-error-body", code: "InternalError" },
  });
  const reply = await ask(server, "PUT", "/demo/b", { headers: { "x-oss-copy-source": "/demo/a" } });
  assert.deepEqual([reply.status, reply.code], [200, "InternalError"]);
  assert.deepEqual(server.keys("demo"), ["a"]);
});

both("partial-delete leaves keys out of a batch delete, and out of its answer", async (start) => {
  await using server = await serverWithObject(start);
  for (const key of ["b1", "b2", "c"]) await server.put("demo", key, "x");
  server.faults.add({ fault: { kind: "partial-delete", key: /^b/ } });
  const { deleted } = await aliOss(server).deleteMulti(["a", "b1", "b2", "c"]);
  assert.deepEqual(
    deleted.map((item) => item.Key),
    ["a", "c"],
  );
  assert.deepEqual(server.keys("demo"), ["b1", "b2"]);
});

both("throttle, headers and delay", async (start) => {
  await using server = await serverWithObject(start);
  server.faults.add({ fault: { kind: "throttle", delayMs: 30 } });
  const slow = await ask(server, "GET", "/demo/a");
  assert.deepEqual([slow.status, slow.code, slow.headers["x-oss-qos-delay-time"]], [503, "SlowDown", "30"]);
  const headers = { "X-Oss-Hash-Crc64ecma": undefined, etag: '"WRONG"' };
  server.faults.add({ fault: { kind: "headers", headers } });
  const changed = await ask(server, "GET", "/demo/a");
  assert.deepEqual([changed.headers["x-oss-hash-crc64ecma"], changed.headers.etag], [undefined, '"WRONG"']);
  server.faults.add({ fault: { kind: "delay", ms: 60 } });
  const started = performance.now();
  await ask(server, "GET", "/demo/a");
  assert.ok(performance.now() - started >= 59);
});

both("random faults depend on their seed alone", async (start) => {
  await using server = await serverWithObject(start);
  const run = async (seed: number) => {
    using lot = server.faults.random({
      seed,
      probability: 0.5,
      faults: [{ kind: "status", status: 500, code: "InternalError" }, { kind: "throttle" }],
    });
    const found: number[] = [];
    for (let count = 0; count < 20; count++) found.push((await ask(server, "GET", "/demo/a")).status);
    assert.equal(lot.hits, found.filter((status) => status !== 200).length);
    return found;
  };
  const first = await run(7);
  assert.deepEqual(await run(7), first);
  assert.notDeepEqual(await run(8), first);
  assert.ok(first.includes(200) && first.includes(500) && first.includes(503));
});
