import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ok, type RawServer, startRawServer } from "../test/raw-server.ts";
import { sample } from "../test/support.ts";
import { type Asked, ask, transportOptions } from "../test/transports.ts";
import type { RequestBody } from "./body.ts";
import { openTransport, type Transport, type TransportOptions } from "./transport.ts";

function open(httpClient: "lean" | "node", more: Partial<TransportOptions> = {}): Transport {
  return openTransport(transportOptions(httpClient, more));
}

async function askText(transport: Transport, server: RawServer, asked: Asked = {}): Promise<string> {
  return (await ask(transport, server, asked)).text();
}

const RESET = { code: "ECONNRESET" };

for (const client of ["lean", "node"] as const) {
  const it = (name: string, run: () => Promise<void>) => test(`${client}: ${name}`, run);

  it("every way to tell where a body ends", async () => {
    const answers = [
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\n\r\nabc",
    ];
    for (const [i, answer] of answers.entries()) {
      for (const piece of [1, 7, 1000]) {
        const isLast = i === answers.length - 1;
        await using server = await startRawServer(async (socket) => {
          for (let at = 0; at < answer.length; at += piece) {
            socket.write(answer.slice(at, at + piece));
            await nextTurn();
          }
          if (isLast) socket.end();
        });
        const transport = open(client);
        const got = await ask(transport, server);
        assert.deepEqual([got.status, await got.text()], [200, "abc"], `${i} in pieces of ${piece}`);
        transport.close();
      }
    }
  });

  it("answers without a body leave the connection usable", async () => {
    const answers = [
      "200 OK\r\nContent-Length: 5",
      "204 No",
      "304 Not\r\nContent-Length: 5",
      "200 OK\r\nContent-Length: 0",
    ];
    await using server = await startRawServer((socket, _, nth) =>
      socket.write(`HTTP/1.1 ${answers[nth - 1]}\r\n\r\n`),
    );
    const transport = open(client);
    for (const method of ["HEAD", "DELETE", "GET", "POST"]) {
      assert.equal(await askText(transport, server, { method }), "");
    }
    assert.equal(server.sockets.length, 1);
    transport.close();
  });

  it("what was cut short is ECONNRESET", async () => {
    const cuts = [
      "",
      "HTTP/1.1 200 OK\r\nContent-",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
    ];
    for (const cut of cuts) {
      for (const way of ["end", "resetAndDestroy"] as const) {
        await using server = await startRawServer((socket) => socket.write(cut, () => socket[way]()));
        const transport = open(client);
        await assert.rejects(askText(transport, server), RESET, `${cut} ${way}`);
        transport.close();
      }
    }
  });

  it("what is no HTTP is told as such", async () => {
    for (const answer of ["SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]) {
      await using server = await startRawServer((socket) => socket.write(answer));
      const transport = open(client);
      await assert.rejects(askText(transport, server), { code: /^HPE_/ });
      await server.until(() => server.open === 0);
      transport.close();
    }
  });

  it("connections are used again, the newest first, unless the server closes them", async () => {
    await using server = await startRawServer((socket, request) => {
      const isLast = request.startsWith("GET /last");
      socket.write(ok("x", isLast ? "Connection: close\r\n" : ""));
      if (isLast) socket.end();
    });
    const transport = open(client);
    await Promise.all([askText(transport, server), askText(transport, server)]);
    for (let i = 0; i < 5; i++) await askText(transport, server);
    assert.equal(server.sockets.length, 2);
    await askText(transport, server, { path: "/last" });
    await askText(transport, server, { path: "/last" });
    await askText(transport, server);
    assert.equal(server.sockets.length, 3);
    transport.close();
    await server.until(() => server.open === 0);
  });

  it("as many connections as allowed; the rest waits in order, or leaves the line", async () => {
    const waiting: (() => void)[] = [];
    await using server = await startRawServer((socket) => waiting.push(() => socket.write(ok("x"))));
    const asked = () => server.requests.map((request) => request.split(" ")[1]);
    const transport = open(client, { connections: 2 });
    const impatient = new AbortController();
    const all = ["/0", "/1", "/2", "/3", "/4", "/5"].map((path, i) =>
      askText(transport, server, { path, ...(i === 3 ? { signal: impatient.signal } : {}) }),
    );
    await server.until(() => server.requests.length === 2);
    impatient.abort(new Error("too long"));
    await assert.rejects(all[3] as Promise<string>, { message: "too long" });
    for (let count = 3; count <= 5; count++) {
      waiting.shift()?.();
      await server.until(() => server.requests.length === count);
    }
    for (const answer of waiting) answer();
    await Promise.all(all.filter((_, i) => i !== 3));
    assert.deepEqual(
      [asked().slice(0, 2).sort(), asked().slice(2)],
      [
        ["/0", "/1"],
        ["/2", "/4", "/5"],
      ],
    );
    assert.equal(server.sockets.length, 2);
    transport.close();
  });

  for (const secure of [false, true])
    it(`bodies of every size and kind arrive whole, with their length${secure ? ", over TLS" : ""}`, async () => {
      await using server = await startRawServer((socket) => socket.write(ok("done")), {
        whole: true,
        secure,
      });
      const transport = open(client);
      const big = sample(3_000_000);
      const pieces = [big.subarray(0, 7), big.subarray(7, 100_000), big.subarray(100_000)];
      const chunks = async function* () {
        yield* pieces;
      };
      const bodies: [RequestBody, Buffer][] = [
        [[], Buffer.alloc(0)],
        [[Buffer.from("small"), Buffer.from("er")], Buffer.from("smaller")],
        [[sample(16 * 1024)], sample(16 * 1024)],
        [pieces, big],
        [{ length: big.length, chunks }, big],
      ];
      for (const method of ["PUT", "POST"]) {
        for (const [i, [body, expected]] of bodies.entries()) {
          const headers = { "Content-Length": String(expected.length), "X-A": "\xfc", "X-Absent": undefined };
          assert.equal(await askText(transport, server, { method, body, headers }), "done");
          const [head = "", ...rest] = server.requests.at(-1)?.split("\r\n\r\n") ?? [];
          assert.ok(Buffer.from(rest.join("\r\n\r\n"), "latin1").equals(expected), `${method} ${i}`);
          assert.match(head, new RegExp(`^${method} /k HTTP/1\\.1\r\n`));
          assert.match(head, /\r\nX-A: \xfc\r\n/);
          assert.match(head, /\r\nhost: 127\.0\.0\.1:\d+(\r\n|$)/i);
          assert.doesNotMatch(head, /x-absent/i);
          assert.deepEqual(head.match(/content-length: \d+/gi)?.length, 1, head);
        }
      }
      assert.equal(server.sockets.length, 1);
      transport.close();
    });

  it("an answer before the body was sent is taken, and ends the connection; the body is read no further", async () => {
    await using server = await startRawServer((socket) => {
      socket.pause();
      socket.write("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
    });
    const transport = open(client);
    let read = 0;
    let isOver = false;
    const chunks = async function* () {
      try {
        for (; read < 1000; read++) yield sample(1024 * 1024);
      } finally {
        isOver = true;
      }
    };
    const body = { length: 1000 * 1024 * 1024, chunks };
    const answer = await ask(transport, server, { method: "PUT", body });
    assert.deepEqual([answer.status, await answer.text()], [403, "no"]);
    server.sockets[0]?.resume();
    await server.until(() => server.open === 0);
    assert.ok(read < 100, `${read} MiB were read`);
    while (!isOver) await nextTurn();
    transport.close();
  });

  it("a body that fails while it is read fails the request", async () => {
    await using server = await startRawServer((socket) => socket.write(ok("done")), { whole: true });
    const transport = open(client);
    const chunks = async function* () {
      yield Buffer.from("some");
      throw new Error("disk gone");
    };
    const asked = { method: "PUT", body: { length: 9, chunks }, headers: { "Content-Length": "9" } };
    await assert.rejects(ask(transport, server, asked), { message: "disk gone" });
    await server.until(() => server.open === 0);
    assert.equal(server.requests.length, 0);
    transport.close();
  });

  const STAGES: [string, (abort: () => void) => Parameters<typeof startRawServer>[0], Asked][] = [
    ["before the answer", (abort) => () => abort(), {}],
    ["in the head", (abort) => (socket) => socket.write("HTTP/1.1 200 OK\r\n", abort), {}],
    [
      "in the body",
      (abort) => (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", abort),
      {},
    ],
    [
      "in chunks",
      (abort) => (socket) => socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3", abort),
      {},
    ],
    [
      "while it is sent",
      (abort) => (socket) => abort() ?? socket.pause(),
      { method: "PUT", body: [sample(50_000_000)] },
    ],
  ];
  for (const [stage, onRequest, asked] of STAGES) {
    it(`an abort ${stage} rejects with its reason and closes the connection`, async () => {
      const controller = new AbortController();
      const reason = new Error("enough");
      await using server = await startRawServer(onRequest(() => controller.abort(reason)));
      const transport = open(client);
      const isReason = (error: unknown) => error === reason;
      await assert.rejects(askText(transport, server, { ...asked, signal: controller.signal }), isReason);
      for (const socket of server.sockets) socket.resume();
      await server.until(() => server.open === 0);
      await assert.rejects(askText(transport, server, { signal: controller.signal }), isReason);
      assert.equal(server.requests.length, 1);
      transport.close();
    });
  }

  it("an abort after the answer changes nothing", async () => {
    await using server = await startRawServer((socket) => socket.write(ok("abc")));
    const transport = open(client);
    const controller = new AbortController();
    assert.equal(await askText(transport, server, { signal: controller.signal }), "abc");
    controller.abort();
    assert.equal(await askText(transport, server), "abc");
    assert.equal(server.sockets.length, 1);
    transport.close();
  });

  it("silence is ETIMEDOUT, in the handshake, before and in the answer", async () => {
    for (const written of ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"]) {
      await using server = await startRawServer((socket) => socket.write(written));
      const transport = open(client, { idleTimeoutMs: 50 });
      const expected = { code: "ETIMEDOUT", message: "no byte for 50 ms" };
      await assert.rejects(askText(transport, server), expected);
      await server.until(() => server.sockets.length === 1 && server.open === 0);
      transport.close();
    }
    await using server = await startRawServer(() => {});
    const origin = server.origin.replace("http:", "https:");
    const transport = open(client, { connectTimeoutMs: 50 });
    const expected = { code: "ETIMEDOUT", message: "no connection within 50 ms" };
    await assert.rejects(ask(transport, { ...server, origin }), expected);
    await server.until(() => server.sockets.length === 1 && server.open === 0);
    transport.close();
  });

  it("a consumer that throws gets its error back, and the connection is closed", async () => {
    await using server = await startRawServer((socket) => socket.write(ok("abc")));
    const transport = open(client);
    const answer = await ask(transport, server);
    const broken = answer.consume({
      take() {
        throw new Error("no room");
      },
    });
    await assert.rejects(broken, { message: "no room" });
    await assert.rejects((await ask(transport, server)).text(2), { message: /longer than 2 bytes/ });
    transport.close();
    await server.until(() => server.open === 0);
  });

  it("an answer that nobody consumes yet waits, and comes whole when it is asked for", async () => {
    const body = sample(20_000_000).toString("latin1");
    await using server = await startRawServer((socket) => {
      socket.write(ok("", "X: 1\r\n").replace("Length: 0", `Length: ${body.length}`));
      socket.write(body, "latin1");
    });
    const transport = open(client);
    const answer = await ask(transport, server);
    for (let turn = 0; turn < 100; turn++) await nextTurn();
    assert.ok((server.sockets[0]?.writableLength ?? 0) > 0, "the server could send everything");
    const chunks: Buffer[] = [];
    await answer.consume({ take: (chunk) => void chunks.push(Buffer.from(chunk)) });
    assert.ok(Buffer.concat(chunks).equals(Buffer.from(body, "latin1")));
    transport.close();
  });

  it("an answer that is not wanted costs its connection only while it is on its way", async () => {
    await using server = await startRawServer((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
    );
    const transport = open(client);
    (await ask(transport, server)).discard();
    await server.until(() => server.open === 0);
    transport.close();
  });

  it("close ends what waits, what runs and what is idle, and refuses the rest", async () => {
    await using server = await startRawServer((socket, request) => {
      if (request.startsWith("GET /idle")) socket.write(ok("x"));
    });
    const transport = open(client, { connections: 2 });
    await Promise.all([0, 1].map(() => askText(transport, server, { path: "/idle" })));
    const calls = [0, 1, 2].map(() => ask(transport, server));
    await server.until(() => server.requests.length === 4);
    transport.close();
    transport.close();
    for (const call of calls) await assert.rejects(call, { message: "the file system is closed" });
    await assert.rejects(ask(transport, server), { message: "the file system is closed" });
    await server.until(() => server.open === 0);
    // node:http dials once more for what waited.
    if (client === "lean") assert.equal(server.sockets.length, 2);
  });

  it("nothing that is given can become another request, and no error shows it", async () => {
    await using server = await startRawServer((socket) => socket.write(ok("x")));
    const transport = open(client);
    for (const asked of [
      { headers: { "x-secret": "hidden\r\nX: y" } },
      { headers: { "x-secret": "hidden\nX: y" } },
      { headers: { "x-secret": "hidden\u0100" } },
      { headers: { "a b": "hidden" } },
      { path: "/hidden HTTP/1.1\r\nX: y" },
      { path: "/hidden k" },
      { method: "GET /hidden" },
    ]) {
      const outcome = await Promise.resolve()
        .then(() => ask(transport, server, asked))
        .then(() => "answered", String);
      assert.notEqual(outcome, "answered", JSON.stringify(asked));
      assert.ok(client === "node" || !outcome.includes("hidden"), outcome);
    }
    assert.deepEqual(server.requests, []);
    transport.close();
  });

  it("a host by name", async () => {
    for (const secure of [false, true]) {
      await using server = await startRawServer((socket) => socket.write(ok("x".repeat(100_000))), {
        secure,
      });
      const origin = server.origin.replace("127.0.0.1", "localhost");
      const transport = open(client);
      for (let i = 0; i < 2; i++)
        assert.equal((await askText(transport, { ...server, origin })).length, 100_000);
      transport.close();
    }
  });

  it("TLS: the authority given is trusted, others are not", async () => {
    await using server = await startRawServer((socket) => socket.write(ok("x".repeat(100_000))), {
      secure: true,
    });
    const transport = open(client);
    for (let i = 0; i < 3; i++) assert.equal((await askText(transport, server)).length, 100_000);
    assert.equal(server.sockets.length, 1);
    transport.close();
    const strict = open(client, { ca: undefined });
    await assert.rejects(ask(strict, server), { code: /UNABLE_TO_|SELF_SIGNED/ });
    strict.close();
    assert.equal(server.requests.length, 3);
  });
}
