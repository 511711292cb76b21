import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BodyReader, bodyReader } from "./response-body.ts";

const INVALID = { code: "HPE_INVALID_ANSWER" };

function reader(headers: Record<string, string>, method = "GET", status = 200): BodyReader {
  return bodyReader(method, { status, headers, isOldVersion: false });
}

const chunked = () => reader({ "transfer-encoding": "chunked" });

/** Reads pieces that all land in one buffer; the body, and what stands behind it. */
function readPieces(body: BodyReader, pieces: readonly Buffer[]): { body: string; rest: string } {
  const slab = Buffer.alloc(Math.max(1, ...pieces.map(({ length }) => length)) + 9, "\r\n0\r\n\r\n");
  let text = "";
  const take = (bytes: Buffer): void => {
    assert.notEqual(bytes.length, 0);
    text += bytes.toString("latin1");
  };
  for (const [i, piece] of pieces.entries()) {
    piece.copy(slab);
    const at = body.read(slab, 0, piece.length, take);
    if (!body.isComplete) assert.equal(at, piece.length);
    else
      return {
        body: text,
        rest: Buffer.concat([piece.subarray(at), ...pieces.slice(i + 1)]).toString("latin1"),
      };
  }
  throw new Error("the body is not complete");
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const CHUNKS = '4;ext="1"\r\nwiki\r\n00B\r\n\r\n\r\n3456789\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n';

test("chunks, cut at every two places", () => {
  const bytes = Buffer.from(`${CHUNKS}HTTP`);
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const found = readPieces(chunked(), cut(bytes, [first, second]));
      assert.deepEqual(found, { body: "wiki\r\n\r\n3456789!", rest: "HTTP" });
    }
  }
});

test("any bodies in any chunks, cut anywhere", () => {
  const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }));
  fc.assert(
    fc.property(
      parts,
      fc.array(fc.nat(4000), { maxLength: 30 }),
      fc.string({ maxLength: 9 }),
      (parts, cuts, behind) => {
        const framed = parts.map(
          (part) => `${part.length.toString(16)}\r\n${Buffer.from(part).toString("latin1")}\r\n`,
        );
        const body = Buffer.concat(parts).toString("latin1");
        const rest = Buffer.from(behind).toString("latin1");
        const inChunks = Buffer.from(`${framed.join("")}0\r\n\r\n${rest}`, "latin1");
        const inside = cuts.map((at) => Math.min(at, inChunks.length));
        assert.deepEqual(readPieces(chunked(), cut(inChunks, inside)), { body, rest });
        const plain = Buffer.from(body + rest, "latin1");
        const counted = reader({ "content-length": String(body.length) });
        if (body !== "") {
          const found = readPieces(
            counted,
            cut(
              plain,
              cuts.map((at) => Math.min(at, plain.length)),
            ),
          );
          assert.deepEqual(found, { body, rest });
        }
      },
    ),
  );
});

test("chunks that could be read in two ways are refused, wherever they are cut", () => {
  const bad = [
    "\r\n",
    "x\r\n",
    "-1\r\n",
    "0x1\r\n",
    "+1\r\n",
    " 1\r\n",
    "1 \r\na\r\n",
    "1_0\r\n",
    "10000000000000\r\n",
    "1\na\r\n",
    "1\r\nab\r\n",
    "1\r\na\n",
    "1\r\naXX0\r\n\r\n",
    "1;\0\r\na\r\n",
    "0\r\n\n",
    `1;${"e".repeat(5000)}`,
    `0\r\n${`t: ${"v".repeat(4000)}\r\n`.repeat(17)}`,
    "f".repeat(5000),
  ];
  for (const text of bad) {
    const bytes = Buffer.from(text);
    for (const at of [0, 1, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const read = () => readPieces(chunked(), cut(bytes, [at]));
      assert.throws(read, INVALID, `${JSON.stringify(text.slice(0, 30))} cut at ${at}`);
    }
  }
});

test("no bytes make anything but chunks or that one error", () => {
  const hex = fc.constantFrom("0", "1", "a", "f", "\r\n", "\n", ";", " ", "\r");
  const noise = fc.oneof(
    fc.uint8Array(),
    fc.array(hex).map((all) => Buffer.from(all.join(""))),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      try {
        chunked().read(Buffer.from(bytes), 0, bytes.length, () => {});
      } catch (error) {
        assert.equal((error as { code?: string }).code, INVALID.code);
      }
    }),
  );
});

test("lengths that could be read in two ways are refused", () => {
  for (const length of ["", "-1", "+1", "1.0", "0x10", "1e3", "5, 5", "9".repeat(16), "1 2"]) {
    assert.throws(() => reader({ "content-length": length }), INVALID, length);
  }
  const both = { "content-length": "5", "transfer-encoding": "chunked" };
  assert.throws(() => reader(both), INVALID);
  assert.throws(() => reader(both, "HEAD"), INVALID);
  for (const encoding of ["gzip, chunked", "chunked, chunked", "identity", "", "chunked;x", "xchunked"]) {
    assert.throws(() => reader({ "transfer-encoding": encoding }), INVALID, encoding);
  }
  const old = { status: 200, headers: { "transfer-encoding": "chunked" }, isOldVersion: true };
  assert.throws(() => bodyReader("GET", old), INVALID);
});

test("answers without a body", () => {
  for (const [method, status] of [
    ["HEAD", 200],
    ["GET", 204],
    ["GET", 304],
  ] as const) {
    assert.equal(reader({ "content-length": "9" }, method, status).isComplete, true);
    assert.equal(reader({ "transfer-encoding": "chunked" }, method, status).isComplete, true);
  }
  assert.equal(reader({ "content-length": "0" }).isComplete, true);
});

test("without a length the body ends with the connection", () => {
  const body = reader({});
  assert.equal(body.endsWithConnection, true);
  let text = "";
  body.read(Buffer.from("..all.."), 2, 5, (bytes) => {
    text += bytes;
  });
  assert.deepEqual([text, body.isComplete], ["all", false]);
});
