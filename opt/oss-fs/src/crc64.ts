/**
 * CRC-64/XZ (ECMA-182, reflected), the checksum that OSS sends as `x-oss-hash-crc64ecma`.
 *
 * Eight bytes a step by lookup tables. A sum is held as two signed 32-bit halves, because that is what V8
 * computes with fastest; the outside sees unsigned decimal text, as OSS writes it.
 */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const ALL_ONES = 0xffffffffffffffffn;

/** 8 tables of 256 entries each, one after the other: lower and upper halves. */
const [LOW, HIGH] = makeTables();
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** A running checksum. */
export class Crc64 {
  #low = -1;
  #high = -1;
  /** Bytes seen. */
  length = 0;

  update(bytes: Uint8Array): this {
    this.length += bytes.length;
    // Words can only be read from an aligned address, and in pairs.
    const head = LITTLE_ENDIAN ? Math.min(-bytes.byteOffset & 3, bytes.length) : bytes.length;
    const words = ((bytes.length - head) >>> 3) << 1;
    this.#bytes(bytes, 0, head);
    if (words > 0) this.#words(new Int32Array(bytes.buffer, bytes.byteOffset + head, words));
    this.#bytes(bytes, head + words * 4, bytes.length);
    return this;
  }

  #words(words: Int32Array): void {
    let low = this.#low;
    let high = this.#high;
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
    this.#low = low;
    this.#high = high;
  }

  #bytes(bytes: Uint8Array, from: number, to: number): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = from; i < to; i++) {
      const index = (low ^ (bytes[i] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(LOW, index);
      high = (high >>> 8) ^ at(HIGH, index);
    }
    this.#low = low;
    this.#high = high;
  }

  get value(): bigint {
    return (BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0);
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
