import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HeadReader, MAX_HEAD_BYTES, MAX_HEADERS, parseHead } from "./response-head.ts";

const INVALID = { code: "HPE_INVALID_ANSWER" };

/** Reads one head out of pieces that all land in one buffer, as they do on a socket; the rest behind it. */
function readPieces(pieces: readonly Buffer[]): { text: string; rest: string } | undefined {
  const reader = new HeadReader();
  const slab = Buffer.alloc(Math.max(1, ...pieces.map((piece) => piece.length)) + 9, "\r\n\r\n");
  for (const [i, piece] of pieces.entries()) {
    piece.copy(slab);
    const at = reader.read(slab, 0, piece.length);
    if (at < 0) continue;
    const rest = Buffer.concat([piece.subarray(at), ...pieces.slice(i + 1)]).toString("latin1");
    return { text: reader.text, rest };
  }
  return undefined;
}

const HEAD = 'HTTP/1.1 206 Partial Content\r\nETag: "x"\r\nX-A:  two words \t\r\nx-a:3\r\nEmpty:\r\n\r\n';

test("names in lower case, values without blanks around them, repeated headers together", () => {
  const head = parseHead(HEAD.slice(0, -2));
  assert.equal(head.status, 206);
  assert.deepEqual({ ...head.headers }, { etag: '"x"', "x-a": "two words, 3", empty: "" });
  assert.equal(Object.getPrototypeOf(head.headers), null);
});

test("a head may be cut anywhere, and stands before any bytes", () => {
  const whole = Buffer.from(`${HEAD}body\r\n\r\n`, "latin1");
  for (let cut = 0; cut <= whole.length; cut++) {
    const found = readPieces([whole.subarray(0, cut), whole.subarray(cut)]);
    assert.deepEqual(found, { text: HEAD.slice(0, -2), rest: "body\r\n\r\n" }, `cut at ${cut}`);
  }
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const pieces = at.slice(1).map((end, i) => whole.subarray(at[i], end));
      assert.deepEqual(readPieces(pieces), { text: HEAD.slice(0, -2), rest: "body\r\n\r\n" });
    }),
  );
});

test("what is no HTTP/1.1 is refused at once, not waited for", () => {
  for (const bytes of [
    "SSH-2.0-x\r\n",
    "220 smtp\r\n",
    "\x16\x03\x01\x02",
    "HTTP/2 2",
    "H\0",
    "\r\n",
    "http/1.1 200",
  ]) {
    assert.throws(() => readPieces([Buffer.from(bytes, "latin1")]), INVALID, JSON.stringify(bytes));
  }
  for (const cut of [18, 24, 25]) {
    const bytes = Buffer.from("HTTP/1.1 200 OK\nA: b\n\n");
    assert.throws(() => readPieces([bytes.subarray(0, cut), bytes.subarray(cut)]), INVALID, `cut at ${cut}`);
  }
});

test("heads that could be read in two ways are refused", () => {
  const lines = [
    "HTTP/1.1 20 OK",
    "HTTP/1.1  200 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 099 OK",
    "HTTP/1.2 200 OK",
    "HTTP/1.1 200 OK\r\n folded: x",
    "HTTP/1.1 200 OK\r\nA: b\r\n folded",
    "HTTP/1.1 200 OK\r\nA: b\r\n\tfolded",
    "HTTP/1.1 200 OK\r\nA : b",
    "HTTP/1.1 200 OK\r\n: b",
    "HTTP/1.1 200 OK\r\nno colon",
    "HTTP/1.1 200 OK\r\nno colon\r\nA: b",
    "HTTP/1.1 200 OK\r\nÄ: b",
    "HTTP/1.1 200 OK\r\nA: b\0c",
    "HTTP/1.1 200 OK\r\nA: b\rc",
    "HTTP/1.1 200 OK\r\nA: b\nc: d",
    "HTTP/1.1 200 OK\r\nA: b\x7f",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 5",
  ];
  for (const text of lines) assert.throws(() => parseHead(`${text}\r\n`), INVALID, JSON.stringify(text));
  assert.equal(parseHead("HTTP/1.1 200\r\n").status, 200);
  assert.equal(parseHead("HTTP/1.1 200 \r\nA: \xfc\r\n").headers.a, "\xfc");
});

test("limits: bytes and headers", () => {
  const line = "x: y\r\n";
  const most = `HTTP/1.1 200 OK\r\n${line.repeat(MAX_HEADERS)}`;
  assert.equal(parseHead(most).status, 200);
  assert.throws(() => parseHead(most + line), INVALID);
  const endless = Buffer.alloc(MAX_HEAD_BYTES + 1, "a");
  endless.write("HTTP/1.1 200 OK\r\nA: ");
  assert.throws(() => readPieces([endless]), INVALID);
  assert.throws(() => readPieces([endless.subarray(0, 9000), endless.subarray(9000)]), INVALID);
  assert.throws(() => readPieces([Buffer.concat([endless, Buffer.from("\r\n\r\n")])]), INVALID);
});

test("no bytes make anything but a head or that one error", () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.string().map((text) => Buffer.from(`HTTP/1.1 200 OK\r\n${text}\r\n\r\n`)),
  );
  fc.assert(
    fc.property(bytes, (noise) => {
      try {
        const found = readPieces([Buffer.from(noise)]);
        if (found !== undefined) parseHead(found.text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, INVALID.code);
      }
    }),
  );
});

test("how long a connection may wait for its next request", () => {
  const wait = (more: string, version = "1.1") => parseHead(`HTTP/${version} 200 OK\r\n${more}`).keepAliveMs;
  assert.equal(wait(""), 15_000);
  assert.equal(wait("Connection: keep-alive\r\nKeep-Alive: max=9, timeout=5\r\n"), 4_000);
  assert.equal(wait("Keep-Alive: timeout=600\r\n"), 15_000);
  assert.equal(wait("Keep-Alive: timeout=0\r\n"), 0);
  assert.equal(wait("Connection: Close\r\n"), 0);
  assert.equal(wait("Connection: x, close\r\n"), 0);
  assert.equal(wait("Connection: not-closed\r\n"), 15_000);
  assert.equal(wait("", "1.0"), 0);
});
