import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import fc from "fast-check";
import { randomFrom } from "../../../../test/oss-server/random.ts";
import { ok, startRawServer } from "../../test/raw-server.ts";
import { sample } from "../../test/support.ts";
import { ask, transportOptions } from "../../test/transports.ts";
import type { TransportOptions } from "../transport.ts";
import { Dialer } from "./dialer.ts";
import { LeanTransport } from "./lean-transport.ts";

function open(more: Partial<TransportOptions> = {}): LeanTransport {
  return new LeanTransport(transportOptions("lean", more));
}

/** Answers the first request of every connection; the others are lost, as when a server drops an idle connection. */
function dropping(way: (socket: Socket) => unknown) {
  const seen = new Set<Socket>();
  return (socket: Socket, request: string): void => {
    if (seen.has(socket)) way(socket);
    else socket.write(request.startsWith("HEAD") ? ok("") : ok("x"));
    seen.add(socket);
  };
}

for (const [name, way] of [
  ["closed", (socket: Socket) => socket.end()],
  ["reset", (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  test(`a used connection that is ${name} as a GET is sent on it costs no retry; a fresh one carries it`, async () => {
    await using server = await startRawServer(dropping(way));
    const transport = open();
    for (const method of ["GET", "HEAD", "GET"]) await (await ask(transport, server, { method })).text();
    assert.deepEqual([server.requests.length, server.sockets.length], [5, 3]);
    transport.close();
  });

  test(`what may change something is not sent again when its connection is ${name}`, async () => {
    for (const method of ["PUT", "POST", "DELETE"]) {
      await using server = await startRawServer(dropping(way));
      const transport = open();
      await (await ask(transport, server)).text();
      await assert.rejects(ask(transport, server, { method }), { code: "ECONNRESET" });
      assert.equal(server.requests.length, 2);
      transport.close();
    }
  });
}

test("a GET is sent again once at most, never on its first connection, never after a byte of an answer", async () => {
  await using dead = await startRawServer((socket, _, nth) =>
    nth === 1 ? socket.write(ok("x")) : socket.destroy(),
  );
  const transport = open();
  await (await ask(transport, dead)).text();
  await assert.rejects(ask(transport, dead), { code: "ECONNRESET" });
  assert.equal(dead.requests.length, 3);
  await assert.rejects(ask(transport, dead), { code: "ECONNRESET" });
  assert.equal(dead.requests.length, 4);
  await using begun = await startRawServer(dropping((socket) => socket.end("H")));
  await (await ask(transport, begun)).text();
  await assert.rejects(ask(transport, begun), { code: "ECONNRESET" });
  assert.equal(begun.requests.length, 2);
  transport.close();
});

test("when one used connection is dead, no other idle one is tried", async () => {
  let isDown = false;
  await using server = await startRawServer((socket) => {
    if (isDown && used.has(socket)) socket.destroy();
    else socket.write(ok("x"));
    used.add(socket);
  });
  const used = new Set<Socket>();
  const transport = open();
  await Promise.all([0, 1, 2, 3].map(async () => (await ask(transport, server)).text()));
  isDown = true;
  assert.equal(await (await ask(transport, server)).text(), "x");
  assert.equal(server.requests.length, 6);
  await server.until(() => server.open === 1);
  transport.close();
});

test("bytes behind an answer end the connection; the answer stands", async () => {
  const answers = [
    ok("abc", "X: 1\r\n"),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  ];
  for (const answer of answers) {
    await using server = await startRawServer((socket) =>
      socket.write(`${answer}HTTP/1.1 200 OK\r\n\r\nsmuggled`),
    );
    const transport = open();
    assert.equal(await (await ask(transport, server)).text(), "abc");
    await server.until(() => server.open === 0);
    assert.equal(await (await ask(transport, server)).text(), "abc");
    assert.equal(server.sockets.length, 2);
    transport.close();
  }
});

test("an answer that nobody asked for ends the idle connection", async () => {
  await using server = await startRawServer((socket) => socket.write(ok("abc")));
  const transport = open();
  await (await ask(transport, server)).text();
  server.sockets[0]?.write("HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n");
  await server.until(() => server.open === 0);
  assert.equal(await (await ask(transport, server)).text(), "abc");
  transport.close();
});

test("answers that two readers could take for different things are refused, and end the connection", async () => {
  const heads = [
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
    "Content-Length: 3\r\nContent-Length: 4",
    "Content-Length: 3, 4",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding : chunked",
    " Content-Length: 3",
    "A: b\n\nContent-Length: 3",
    `A: ${"b".repeat(70_000)}`,
    "A: b\r\n".repeat(201),
  ];
  for (const head of heads) {
    await using server = await startRawServer((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n3\r\nabc`),
    );
    const transport = open();
    await assert.rejects(ask(transport, server), { code: "HPE_INVALID_ANSWER" }, head.slice(0, 60));
    await server.until(() => server.sockets.length === 1 && server.open === 0);
    transport.close();
  }
});

test("endless interim answers, and a switch of protocols, are refused", async () => {
  for (const answer of ["HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n".repeat(100)]) {
    await using server = await startRawServer((socket) => socket.write(answer));
    const transport = open();
    await assert.rejects(ask(transport, server), { code: "HPE_INVALID_ANSWER" });
    transport.close();
  }
});

test("Expect: 100-continue sends the body when it is asked for, and not when it is refused", async () => {
  await using server = await startRawServer((socket, request, nth) => {
    if (nth === 1) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (nth === 2) socket.write(ok(request === "body\r\n\r\n" ? "stored" : request));
    if (nth === 3) socket.write("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
  });
  const transport = open();
  const asked = { method: "PUT", headers: { Expect: "100-continue" }, body: [Buffer.from("body\r\n\r\n")] };
  assert.equal(await (await ask(transport, server, asked)).text(), "stored");
  assert.equal((await ask(transport, server, asked)).status, 417);
  await server.until(() => server.open === 0);
  assert.equal(server.requests.length, 3);
  transport.close();
});

test("a server that does not know Expect gets the body after a second", async () => {
  await using server = await startRawServer(
    (socket, request) => socket.write(ok(request.split("\r\n\r\n")[1] ?? "")),
    {
      whole: true,
    },
  );
  const transport = open();
  const asked = { method: "PUT", headers: { Expect: "100-continue" }, body: [Buffer.from("body")] };
  assert.equal(await (await ask(transport, server, asked)).text(), "body");
  transport.close();
});

test("a success before the body was sent is none", async () => {
  const chunks = async function* () {
    for (let sent = 0; sent < 50; sent++) yield Buffer.alloc(1024 * 1024);
  };
  for (const secure of [false, true]) {
    for (const body of [[Buffer.alloc(50 * 1024 * 1024)], { length: 50 * 1024 * 1024, chunks }]) {
      await using server = await startRawServer((socket) => socket.pause().write(ok("")), { secure });
      const transport = open();
      await assert.rejects(ask(transport, server, { method: "PUT", body }), { code: "ECONNRESET" });
      transport.close();
    }
  }
});

test("a body of another length than it was said to have fails the request", async () => {
  for (const length of [3, 5]) {
    await using server = await startRawServer((socket) => socket.write(ok("stored")), { whole: true });
    const transport = open();
    const chunks = async function* () {
      yield Buffer.from("ab");
      yield Buffer.from("cd");
    };
    const put = ask(transport, server, { method: "PUT", body: { length, chunks } });
    await assert.rejects(put, { message: length === 3 ? /longer/ : /shorter/ });
    await server.until(() => server.open === 0);
    transport.close();
  }
});

test("chunks are parts of one buffer", async () => {
  await using server = await startRawServer((socket) => socket.write(ok("x".repeat(3_000_000))));
  const transport = open();
  const buffers = new Set<ArrayBufferLike>();
  let count = 0;
  const answer = await ask(transport, server);
  const take = (piece: Buffer): void => {
    count++;
    if (count > 1) buffers.add(piece.buffer);
  };
  await answer.consume({ take });
  assert.ok(count > 2);
  assert.equal(buffers.size, 1);
  transport.close();
});

for (const secure of [false, true]) {
  test(`a body lands where its receiver says, and no byte more does${secure ? ", over TLS" : ""}`, async () => {
    const body = sample(3_000_000);
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
    await using server = await startRawServer(
      (socket) => socket.write(Buffer.concat([Buffer.from(head), body])),
      {
        secure,
      },
    );
    const transport = open();
    for (let request = 0; request < 2; request++) {
      const memory = Buffer.alloc(body.length + 1_000_000);
      let count = 0;
      let copied = 0;
      const answer = await ask(transport, server);
      await answer.consume({
        take(piece) {
          const isThere = piece.buffer === memory.buffer && piece.byteOffset === memory.byteOffset + count;
          if (!isThere) copied += piece.copy(memory, count);
          count += piece.length;
        },
        space: () => memory.subarray(count),
      });
      assert.equal(count, body.length);
      assert.ok(memory.subarray(0, count).equals(body));
      assert.ok(memory.subarray(count).every((byte) => byte === 0));
      assert.ok(copied < 300_000, `${copied} bytes were copied`);
    }
    assert.equal(server.sockets.length, 1);
    transport.close();
  });
}

test("answers cut anywhere, one after another on one connection", async () => {
  let pieces: readonly string[] = [];
  await using server = await startRawServer(async (socket) => {
    for (const piece of pieces) {
      socket.write(piece, "latin1");
      await nextTurn();
    }
  });
  const transport = open();
  const bodies = fc.array(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      bodies,
      fc.boolean(),
      fc.array(fc.nat(300), { maxLength: 6 }),
      async (parts, isChunked, cuts) => {
        const encoded = parts.map((part) => Buffer.from(part).toString("latin1"));
        const body = encoded.join("");
        const chunks = encoded.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("");
        const answer = isChunked
          ? `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`
          : ok(body);
        const at = [
          0,
          ...cuts.map((cut) => Math.min(cut, answer.length)).sort((a, b) => a - b),
          answer.length,
        ];
        pieces = at
          .slice(1)
          .map((end, i) => answer.slice(at[i], end))
          .filter((piece) => piece !== "");
        assert.equal(
          await (await ask(transport, server)).text(),
          Buffer.from(body, "latin1").toString("utf8"),
        );
      },
    ),
  );
  assert.equal(server.sockets.length, 1);
  transport.close();
});

test("TLS: sessions are used again, HTTP/1.1 is agreed on", async () => {
  const seen: unknown[] = [];
  const note = (socket: TLSSocket) => seen.push([socket.isSessionReused(), socket.alpnProtocol]);
  await using server = await startRawServer(
    (socket) => {
      note(socket as TLSSocket);
      socket.end(ok("x", "Connection: close\r\n"));
    },
    { secure: true },
  );
  const transport = open();
  for (let i = 0; i < 3; i++) assert.equal(await (await ask(transport, server)).text(), "x");
  assert.deepEqual(
    seen,
    [false, true, true].map((isReused) => [isReused, "http/1.1"]),
  );
  transport.close();
});

test("a connection that is being made ends with its request, its time, or the transport", async () => {
  await using server = await startRawServer(() => {});
  const proxy = { host: "127.0.0.1", port: Number(new URL(server.origin).port), credentials: undefined };
  const url = "https://store.invalid/k";
  const silent = server.origin.replace("http:", "https:");
  for (const [name, options, target] of [
    ["TLS", {}, `${silent}/k`],
    ["tunnel", { proxy }, url],
  ] as const) {
    const request = (signal?: AbortSignal) => ({ method: "GET", headers: {}, ctx: { signal } });
    const dialled = server.sockets.length;
    const transport = open(options);
    const controller = new AbortController();
    const aborted = transport.request(target, request(controller.signal));
    await server.until(() => server.sockets.length === dialled + 1);
    controller.abort("enough");
    assert.deepEqual(await aborted, { failure: "enough" }, name);
    await server.until(() => server.open === 0);
    const ended = transport.request(target, request());
    await server.until(() => server.sockets.length === dialled + 2);
    transport.close();
    assert.match(String(Object.values(await ended)[0]), /file system is closed/, name);
    await server.until(() => server.open === 0);
    const hasty = open({ ...options, connectTimeoutMs: 50 });
    const late = await hasty.request(target, request());
    assert.equal((late as { failure: { code: string } }).failure.code, "ETIMEDOUT", name);
    await server.until(() => server.open === 0);
    hasty.close();
  }
});

test("what cannot even be begun is told like any failure", async () => {
  const broken = (): never => {
    throw new Error("no certificates");
  };
  const options = { connectTimeoutMs: 60_000, proxy: undefined, secureContext: broken };
  const dialer = new Dialer(new URL("https://127.0.0.1:1"), options);
  const told = new Promise((resolve) =>
    dialer.dial({ receive: () => true, space: () => undefined }, resolve),
  );
  assert.match(String(await told), /no certificates/);
});

/** What a server may do to a request, besides answering it. */
const MISCHIEF = [
  (socket: Socket) => socket.destroy(),
  (socket: Socket) => socket.resetAndDestroy(),
  (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
  (socket: Socket, body: string) =>
    socket.write(`${ok(body)}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong`),
  (socket: Socket, body: string) => socket.end(ok(body)),
  (socket: Socket, body: string) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`),
];

test("through aborts and mischief: no answer goes to another request, nothing is left", async () => {
  const random = randomFrom(7);
  const draw = (below: number) => Math.floor(random() * below);
  let most = 0;
  await using server = await startRawServer(async (socket, request) => {
    most = Math.max(most, server.open);
    const path = request.split(" ")[1] ?? "";
    const body = path.repeat(1 + draw(3) * draw(20_000));
    for (let turn = draw(4); turn > 0; turn--) await nextTurn();
    const mischief = MISCHIEF[draw(20)];
    if (mischief !== undefined) mischief(socket, body);
    else socket.write(ok(body));
  });
  const transport = open({ connections: 5 });
  let answered = 0;
  const one = async (nth: number): Promise<void> => {
    const controller = new AbortController();
    const { signal } = controller;
    const path = `/${nth}.`;
    const call = transport.request(server.origin + path, { method: "GET", headers: {}, ctx: { signal } });
    if (draw(6) === 0) for (let turn = draw(9); turn >= 0; turn--) await nextTurn();
    if (draw(6) === 0) controller.abort(new Error("aborted"));
    const outcome = await call;
    if ("failure" in outcome) return;
    if (draw(10) === 0) {
      outcome.discard();
      return;
    }
    for (let turn = draw(3); turn > 0; turn--) await nextTurn();
    const text = await outcome.text().catch(() => undefined);
    if (text === undefined) return;
    assert.equal(text.replaceAll(path, ""), "");
    answered++;
  };
  let next = 0;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      while (next < 1000) await one(next++);
    }),
  );
  assert.ok(answered > 500, `${answered} answered`);
  // The server learns late of those that were given up.
  assert.ok(most < 10, `${most} connections`);
  transport.close();
  await server.until(() => server.open === 0);
});

test("an idle connection is closed a second before the server would", async () => {
  await using server = await startRawServer((socket) => socket.write(ok("x", "Keep-Alive: timeout=2\r\n")));
  const transport = open();
  await (await ask(transport, server)).text();
  await server.until(() => server.open === 0);
  transport.close();
});
