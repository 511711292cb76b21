import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { charset } from "./charset.ts";
import { LineReader, type LineReaderOptions } from "./lines.ts";

interface Read {
  readonly lines: string[];
  /** Position behind each batch, and how many lines were read by then. */
  readonly positions: { position: number; lines: number }[];
  readonly offsets: number[];
}

async function read(chunks: Iterable<Uint8Array>, options: Partial<LineReaderOptions> = {}): Promise<Read> {
  async function* reused(): AsyncGenerator<Uint8Array> {
    // As the contract allows: a chunk is overwritten once the next one is asked for.
    for (const chunk of chunks) {
      const copy = Uint8Array.from(chunk);
      yield copy;
      copy.fill(10);
    }
  }
  const reader = new LineReader(reused(), {
    file: "mem://b/file",
    charset: charset("utf-8"),
    delimiter: "\n",
    maxLineLength: 1 << 20,
    ...options,
  });
  const result: Read = { lines: [], positions: [], offsets: [] };
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    assert.ok(batch.length > 0);
    if (batch.length < 1000) result.offsets.push(...batch.map((_, i) => reader.offsetOf(i)));
    result.lines.push(...batch);
    result.positions.push({ position: reader.position, lines: result.lines.length });
  }
  return result;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** What the lines of a text are, written the plain way. */
function plainLines(text: string, delimiter: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(delimiter);
  if (lines.at(-1) === "") lines.pop();
  return delimiter === "\n" ? lines.map((line) => line.replace(/\r$/, "")) : lines;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
const textOf = (...pieces: string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "grapheme", maxLength: 3 })), {
      maxLength: 40,
    })
    .map((p) => p.join(""));

test("lines do not depend on where the chunks are cut", async () => {
  await fc.assert(
    fc.asyncProperty(textOf("\n", "\r\n", "\r", "\uFEFF", "第", "🦊", "a"), sizes, async (text, sizes) => {
      const { lines } = await read(cut(Buffer.from(text), sizes));
      assert.deepEqual(lines, plainLines(text, "\n"));
    }),
    { numRuns: 400 },
  );
});

test("a delimiter of its own, also one that overlaps itself", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("||", "aa", "aba", "\r\n", "→", ";"),
      textOf("|", "a", "b", "→", "\r\n", ";", "\n"),
      sizes,
      async (delimiter, text, sizes) => {
        const { lines } = await read(cut(Buffer.from(text), sizes), { delimiter });
        assert.deepEqual(lines, plainLines(text, delimiter));
      },
    ),
    { numRuns: 400 },
  );
});

test("UTF-16 in both byte orders", async () => {
  await fc.assert(
    fc.asyncProperty(
      textOf("\n", "\r\n", "\u0a0a", "\u0a00", "\u000a", "🦊"),
      fc.boolean(),
      sizes,
      async (text, bigEndian, sizes) => {
        const bytes = Buffer.from(text, "utf16le");
        if (bigEndian) bytes.swap16();
        const { lines } = await read(cut(bytes, sizes), {
          charset: charset(bigEndian ? "utf-16be" : "utf-16le"),
        });
        assert.deepEqual(lines, plainLines(text, "\n"));
      },
    ),
    { numRuns: 400 },
  );
});

test("after every batch the position is the byte behind its last line, and each line's offset is known", async () => {
  await fc.assert(
    fc.asyncProperty(textOf("\n", "\r\n", "第", "abcdef"), sizes, async (text, sizes) => {
      const bytes = Buffer.from(text);
      const { lines, positions, offsets } = await read(cut(bytes, sizes));
      for (const { position, lines: count } of positions) {
        const rest = (await read([bytes.subarray(position)], { start: position })).lines;
        assert.deepEqual(rest, lines.slice(count));
      }
      for (const [i, offset] of offsets.entries()) {
        const line = lines[i] as string;
        const mark = offset === 0 && text.startsWith("\uFEFF") ? 3 : 0;
        assert.equal(bytes.subarray(offset + mark, offset + mark + Buffer.byteLength(line)).toString(), line);
      }
    }),
    { numRuns: 300 },
  );
});

test("every split of a text reads its own lines, and together each line once", async () => {
  await fc.assert(
    fc.asyncProperty(
      textOf("\n", "\r\n", "第", "abc", "|-", "|"),
      fc.constantFrom("\n", "|-", "第"),
      fc.integer({ min: 1, max: 12 }),
      sizes,
      async (text, delimiter, splitSize, sizes) => {
        const bytes = Buffer.from(text);
        const lines: string[] = [];
        for (let start = 0; start < bytes.length; start += splitSize) {
          const split = await read(cut(bytes.subarray(start), sizes), {
            delimiter,
            start,
            skipFirst: start > 0,
            end: start + splitSize,
          });
          lines.push(...split.lines);
        }
        assert.deepEqual(lines, plainLines(text, delimiter));
      },
    ),
    { numRuns: 400 },
  );
});

test("large texts come in several batches, none of them long", async () => {
  const expected = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
  const { lines, positions } = await read(cut(Buffer.from(`${expected.join("\n")}\n`), [100_000]));
  assert.deepEqual(lines, expected);
  assert.ok(positions.length >= 3);
});

test("malformed bytes become U+FFFD and stay on their line", async () => {
  const { lines } = await read([Buffer.from([0x61, 0xe7, 0xac, 0x0a, 0x62, 0xff]), Buffer.from([0xe7])]);
  assert.deepEqual(lines, ["a\uFFFD", "b\uFFFD\uFFFD"]);
});

test("other charsets by their label", async () => {
  const gbk = Buffer.from([0xb5, 0xda, 0x0a, 0xd2, 0xbb, 0x0d, 0x0a]);
  assert.deepEqual((await read(cut(gbk, [1]), { charset: charset("GBK") })).lines, ["第", "一"]);
  const latin = Buffer.from([0xe9, 0x0a, 0x80]);
  assert.deepEqual((await read([latin], { charset: charset("windows-1252") })).lines, ["é", "€"]);
});

test("an unknown charset, and a delimiter that could be half a character, are refused", () => {
  assert.throws(() => charset("klingon"), { code: "ERR_JOB_INPUT", message: /"klingon"/ });
  assert.throws(() => charset("gbk").encode("|"), { code: "ERR_JOB_INPUT", message: /gbk/ });
  assert.throws(() => charset("windows-1252").encode("→"), { code: "ERR_JOB_INPUT" });
});

for (const size of [1, 3, 1000]) {
  test(`a line that is too long names file and offset, with chunks of ${size}`, async () => {
    const bytes = Buffer.from(`ok\n${"x".repeat(50)}\nok\n`);
    const options = { maxLineLength: 20 };
    await assert.rejects(read(cut(bytes, [size]), options), {
      code: "ERR_JOB_INPUT",
      message: /mem:\/\/b\/file, byte 3: .* 20 bytes/,
    });
    assert.equal((await read(cut(bytes, [size]), { maxLineLength: 50 })).lines.length, 3);
  });
}

test("closing ends the chunks", async () => {
  let ended = false;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from("a\n");
    } finally {
      ended = true;
    }
  }
  const reader = new LineReader(chunks(), {
    file: "f",
    charset: charset("utf-8"),
    delimiter: "\n",
    maxLineLength: 100,
  });
  assert.deepEqual(await reader.next(), ["a"]);
  await reader.close();
  assert.ok(ended);
  assert.equal(await reader.next(), undefined);
});
