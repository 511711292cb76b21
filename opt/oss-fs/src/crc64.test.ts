import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import fc from "fast-check";
import { Crc64, combineCrc64 } from "./crc64.ts";
import { type Advance, advanceInScript, STEP_TABLES } from "./crc64-script.ts";
import { advanceInWasm } from "./crc64-wasm.ts";

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
const inWasm = advanceInWasm(STEP_TABLES, advanceInScript);
assert.ok(inWasm);
const FORMS: Record<string, Advance> = { WebAssembly: inWasm, JavaScript: advanceInScript };

test("the known check values of CRC-64/XZ", () => {
  assert.equal(new Crc64().update(Buffer.from("123456789")).value.toString(16), "995dc9bbdf1939fa");
  assert.equal(new Crc64().value, 0n);
  assert.equal(new Crc64().update(Buffer.from("123456789")).toString(), "11051210869376104954");
});

for (const [form, advance] of Object.entries(FORMS)) {
  test(`in ${form}, any bytes, wherever they lie and however they are cut, give the sum of the definition`, () => {
    const length = fc.oneof(
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 2000, max: 5000 }),
      fc.integer({ min: 0, max: 70_000 }),
    );
    fc.assert(
      fc.property(
        fc.array(length, { maxLength: 6 }),
        fc.array(fc.nat(8), { minLength: 1 }),
        (lengths, gaps) => {
          const register = Int32Array.of(-1, -1);
          let end = 0;
          for (const [i, length] of lengths.entries()) {
            const piece = BYTES.subarray(end, end + length);
            // The piece begins at any distance from an aligned address.
            const gap = gaps[i % gaps.length] as number;
            const place = new Uint8Array(gap + piece.length).subarray(gap);
            place.set(piece);
            advance(register, place);
            end += piece.length;
          }
          assert.equal(sumOf(register), SUMS[end]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test(`in ${form}, every length around the sizes at which the computation changes`, () => {
    for (const size of [8, 1024, 2048, 4096, 65_536, 131_072]) {
      for (let length = size - 9; length <= size + 9; length++) {
        if (length < 0) continue;
        const register = Int32Array.of(-1, -1);
        advance(register, BYTES.subarray(0, length));
        assert.equal(sumOf(register), SUMS[length], `${length} bytes`);
      }
    }
  });
}

function sumOf(register: Int32Array): bigint {
  const [low = 0, high = 0] = register;
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

test("sums that run side by side do not disturb each other", () => {
  const lengths = [150_000, 100_000, 70_001];
  const sums = lengths.map(() => new Crc64());
  for (let start = 0; start < 150_000; start += 5000) {
    for (const [i, length] of lengths.entries()) {
      sums[i]?.update(BYTES.subarray(start, Math.max(start, Math.min(start + 5000, length))));
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
  test(`bundled, JavaScript computes the sum where ${circumstance}`, async () => {
    const contents = `
      import { Crc64 } from "./crc64.ts";
      console.log(new Crc64().update(new Uint8Array(100_000)).toString());`;
    const stdin = { contents, resolveDir: import.meta.dirname };
    const { outputFiles } = buildSync({ stdin, bundle: true, format: "cjs", platform: "node", write: false });
    const program = `${before}\n${outputFiles[0]?.text}`;
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", program]);
    assert.equal(stdout.trim(), new Crc64().update(new Uint8Array(100_000)).toString());
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
