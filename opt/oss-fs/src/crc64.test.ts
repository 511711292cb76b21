import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import fc from "fast-check";
import { Crc64, combineCrc64 } from "./crc64.ts";
import { DATA_BYTES, FOLD_FROM, foldInWasm, LONG_BYTES, LONG_DELAYS, SHORT_DELAYS } from "./crc64-fold.ts";
import { advance } from "./crc64-script.ts";

/** Bit by bit, straight from the definition: the sums of the first n bytes, for every n. */
function sumsByDefinition(bytes: Uint8Array): bigint[] {
  let register = 0xffffffffffffffffn;
  const sums = [0n];
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      register = register & 1n ? (register >> 1n) ^ 0xc96c5795d7870f42n : register >> 1n;
    }
    sums.push(register ^ 0xffffffffffffffffn);
  }
  return sums;
}

/** Bytes without a period, the same in every run. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** More than two fillings of the memory of the WebAssembly module. */
const BYTES = noise(150_000);
const SUMS = sumsByDefinition(BYTES);

/** Null would mean that Node refuses the module: then only the fallback would be tested. */
assert.ok(foldInWasm());
/** A sum on its way, as one of the ways to compute it has it. */
type Running = Pick<Crc64, "value"> & { update(bytes: Uint8Array): unknown };
const FORMS: Record<string, () => Running> = { folding: () => new Crc64(), tables: byTables };

test("the known check values of CRC-64/XZ", () => {
  assert.equal(new Crc64().update(Buffer.from("123456789")).value.toString(16), "995dc9bbdf1939fa");
  assert.equal(new Crc64().value, 0n);
  assert.equal(new Crc64().update(Buffer.from("123456789")).toString(), "11051210869376104954");
});

for (const [form, begin] of Object.entries(FORMS)) {
  test(`by ${form}, any bytes, wherever they lie and however they are cut, give the sum of the definition`, () => {
    const piece = fc.record({
      length: fc.oneof(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: FOLD_FROM - 100, max: 3 * FOLD_FROM }),
        fc.integer({ min: 0, max: 70_000 }),
      ),
      /** From an aligned address to the piece. */
      gap: fc.nat(17),
      /** Whether the sum so far is looked at. */
      seen: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const sum = begin();
        let end = 0;
        for (const { length, gap, seen } of pieces) {
          const bytes = BYTES.subarray(end, end + length);
          const place = new Uint8Array(gap + bytes.length).subarray(gap);
          place.set(bytes);
          sum.update(place);
          end += bytes.length;
          if (seen) assert.equal(sum.value, SUMS[end]);
        }
        assert.equal(sum.value, SUMS[end]);
      }),
      { numRuns: 300 },
    );
  });

  test(`by ${form}, every length around the sizes at which the computation changes`, () => {
    for (const size of [8, FOLD_FROM, LONG_BYTES, DATA_BYTES, DATA_BYTES + LONG_BYTES, 2 * DATA_BYTES]) {
      for (let length = size - 33; length <= size + 33; length++) {
        if (length < 0) continue;
        const sum = begin();
        sum.update(BYTES.subarray(0, length));
        assert.equal(sum.value, SUMS[length], `${length} bytes`);
      }
    }
  });
}

function byTables(): Running {
  const register = Int32Array.of(-1, -1);
  return {
    update: (bytes) => advance(register, bytes),
    get value() {
      const [low = 0, high = 0] = register;
      return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
    },
  };
}

test("what long runs are divided by are multiples of the CRC's polynomial", () => {
  const polynomial = 0x1_42f0e1eba9ea3693n;
  for (const delays of [LONG_DELAYS, SHORT_DELAYS]) {
    const longest = Math.max(...delays);
    const powers = new Set([0, ...delays].map((delay) => 8 * (longest - delay)));
    assert.equal(powers.size, 1 + delays.length);
    let remainder = 0n;
    for (let power = 8 * longest; power >= 0; power--) {
      remainder = (remainder << 1n) | (powers.has(power) ? 1n : 0n);
      if (remainder >> 64n) remainder ^= polynomial;
    }
    assert.equal(remainder, 0n);
  }
});

test("sums that run side by side do not disturb each other", () => {
  const lengths = [150_000, 100_000, 70_001];
  const sums = lengths.map(() => new Crc64());
  for (let start = 0; start < 150_000; start += 10_000) {
    for (const [i, length] of lengths.entries()) {
      sums[i]?.update(BYTES.subarray(start, Math.max(start, Math.min(start + 10_000, length))));
    }
  }
  assert.deepEqual(
    sums.map(({ value, length }) => [value, length]),
    lengths.map((length) => [SUMS[length], length]),
  );
});

for (const [circumstance, flags, before] of [
  [
    "WebAssembly is missing",
    ["--jitless"],
    "if (globalThis.WebAssembly) throw new Error('it is not missing');",
  ],
  ["its code is refused", [], "WebAssembly.Module = function () { throw new WebAssembly.CompileError(); };"],
  ["its memory is refused", [], "WebAssembly.Memory = function () { throw new RangeError(); };"],
] as const) {
  test(`bundled, tables alone compute the sum where ${circumstance}`, async () => {
    const contents = `
      import { Crc64 } from "./crc64.ts";
      console.log(new Crc64().update(Buffer.alloc(100_000, "plugfs")).toString());`;
    const stdin = { contents, resolveDir: import.meta.dirname };
    const { outputFiles } = buildSync({ stdin, bundle: true, format: "cjs", platform: "node", write: false });
    const program = `${before}\n${outputFiles[0]?.text}`;
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", program]);
    assert.equal(stdout.trim(), new Crc64().update(Buffer.alloc(100_000, "plugfs")).toString());
  });
}

test("sums of parts combine to the sum of the whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
      const combined = combineCrc64(new Crc64().update(a).value, new Crc64().update(b).value, b.length);
      assert.equal(combined, new Crc64().update(a).update(b).value);
    }),
  );
});

test("a long second part combines too", () => {
  const zeros = Buffer.alloc(3_000_001);
  const head = Buffer.from("head");
  const combined = combineCrc64(
    new Crc64().update(head).value,
    new Crc64().update(zeros).value,
    zeros.length,
  );
  assert.equal(combined, new Crc64().update(head).update(zeros).value);
});
