import { type Crc64Wasm, makeCrc64Wasm, PAIR_BYTES } from "./crc64-wasm.ts";

/**
 * CRC-64/XZ (ECMA-182, reflected), the checksum that OSS sends as `x-oss-hash-crc64ecma`.
 *
 * Eight bytes a step by lookup tables: long runs in WebAssembly, the rest in JavaScript. A sum is held as two signed
 * 32-bit halves, because that is what V8 computes with fastest; the outside sees unsigned decimal text, as OSS writes it.
 */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const ALL_ONES = 0xffffffffffffffffn;

/** 8 tables of 256 entries each, one after the other: lower and upper halves. */
const [LOW, HIGH] = makeTables();
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const WASM = makeWasm();

/** A running checksum. */
export class Crc64 {
  /** Lower and upper half. */
  readonly #state = Int32Array.of(-1, -1);
  readonly #wasm: Crc64Wasm | null;
  /** Bytes seen. */
  length = 0;

  /** `wasm` null: all in JavaScript. */
  constructor(wasm: Crc64Wasm | null = WASM) {
    this.#wasm = wasm;
  }

  update(bytes: Uint8Array): this {
    this.length += bytes.length;
    const long = this.#wasm === null ? 0 : bytes.length - (bytes.length % PAIR_BYTES);
    if (long > 0) this.#wasm?.update(this.#state, bytes.subarray(0, long));
    if (long < bytes.length) this.#short(long === 0 ? bytes : bytes.subarray(long));
    return this;
  }

  #short(bytes: Uint8Array): void {
    // Words can only be read from an aligned address, and in pairs.
    const head = LITTLE_ENDIAN ? Math.min(-bytes.byteOffset & 3, bytes.length) : bytes.length;
    const words = ((bytes.length - head) >>> 3) << 1;
    this.#bytes(bytes, 0, head);
    if (words > 0) this.#words(new Int32Array(bytes.buffer, bytes.byteOffset + head, words));
    this.#bytes(bytes, head + words * 4, bytes.length);
  }

  #words(words: Int32Array): void {
    let low = at(this.#state, 0);
    let high = at(this.#state, 1);
    for (let i = 0; i < words.length; i += 2) {
      low ^= at(words, i);
      high ^= at(words, i + 1);
      const a = 1792 + (low & 255);
      const b = 1536 + ((low >>> 8) & 255);
      const c = 1280 + ((low >>> 16) & 255);
      const d = 1024 + (low >>> 24);
      const e = 768 + (high & 255);
      const f = 512 + ((high >>> 8) & 255);
      const g = 256 + ((high >>> 16) & 255);
      const h = high >>> 24;
      low =
        at(LOW, a) ^ at(LOW, b) ^ at(LOW, c) ^ at(LOW, d) ^ at(LOW, e) ^ at(LOW, f) ^ at(LOW, g) ^ at(LOW, h);
      high =
        at(HIGH, a) ^
        at(HIGH, b) ^
        at(HIGH, c) ^
        at(HIGH, d) ^
        at(HIGH, e) ^
        at(HIGH, f) ^
        at(HIGH, g) ^
        at(HIGH, h);
    }
    this.#state[0] = low;
    this.#state[1] = high;
  }

  #bytes(bytes: Uint8Array, from: number, to: number): void {
    let low = at(this.#state, 0);
    let high = at(this.#state, 1);
    for (let i = from; i < to; i++) {
      const index = (low ^ (bytes[i] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(LOW, index);
      high = (high >>> 8) ^ at(HIGH, index);
    }
    this.#state[0] = low;
    this.#state[1] = high;
  }

  get value(): bigint {
    return (BigInt(~at(this.#state, 1) >>> 0) << 32n) | BigInt(~at(this.#state, 0) >>> 0);
  }

  /** Unsigned decimal, as OSS writes it. */
  toString(): string {
    return this.value.toString();
  }
}

/** The checksum of A followed by B, from the checksum of A, that of B, and the length of B in bytes. */
export function combineCrc64(first: bigint, second: bigint, secondLength: number): bigint {
  return multiply(powerOfX(secondLength), first) ^ second;
}

function makeTables(): [Int32Array, Int32Array] {
  const low = new Int32Array(2048);
  const high = new Int32Array(2048);
  const first = Array.from({ length: 256 }, (_, n) => {
    let sum = BigInt(n);
    for (let bit = 0; bit < 8; bit++) sum = sum & 1n ? (sum >> 1n) ^ POLYNOMIAL : sum >> 1n;
    return sum;
  });
  for (const [n, entry] of first.entries()) {
    let sum = entry;
    for (let table = 0; table < 2048; table += 256) {
      low[table + n] = Number(BigInt.asIntN(32, sum));
      high[table + n] = Number(BigInt.asIntN(32, sum >> 32n));
      sum = (sum >> 8n) ^ (first[Number(sum & 255n)] as bigint);
    }
  }
  return [low, high];
}

function makeWasm(): Crc64Wasm | null {
  const half = (table: Int32Array, n: number, byte: number) => BigInt(at(table, n * 256 + byte) >>> 0);
  const step = (n: number, byte: number) => (half(HIGH, n, byte) << 32n) | half(LOW, n, byte);
  const bits = shiftedBits(PAIR_BYTES / 2);
  const shift = (n: number, byte: number) => {
    let sum = 0n;
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) sum ^= bits[n * 8 + bit] as bigint;
    return sum;
  };
  return makeCrc64Wasm(step, shift);
}

// The indices are in range by construction; the cast costs nothing at run time.
function at(table: Int32Array, index: number): number {
  return table[index] as number;
}

/** Product of two polynomials modulo the CRC's; the highest bit is x⁰ (reflected). */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let bit = 63n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ POLYNOMIAL : factor >> 1n;
  }
  return product & ALL_ONES;
}

/** x to the power of 8 × bytes, modulo the CRC's polynomial. */
function powerOfX(bytes: number): bigint {
  let square = 1n << 55n; // x⁸
  let power = 1n << 63n; // x⁰
  for (let rest = BigInt(bytes); rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power;
}

/** What a register with only this bit set becomes when `bytes` zeros follow. */
function shiftedBits(bytes: number): bigint[] {
  const power = powerOfX(bytes);
  return Array.from({ length: 64 }, (_, bit) => multiply(power, 1n << BigInt(bit)));
}
