import { FOLD_FROM, foldInWasm, LONG_BYTES } from "./crc64-fold.ts";
import { advance } from "./crc64-script.ts";

/**
 * CRC-64/XZ (ECMA-182, reflected), the checksum that OSS sends as `x-oss-hash-crc64ecma`.
 *
 * Long runs are folded in WebAssembly where there is any, the rest goes through tables in JavaScript. The outside sees unsigned decimal
 * text, as OSS writes it.
 */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const ALL_ONES = 0xffffffffffffffffn;

const fold = foldInWasm();

/** A running checksum. */
export class Crc64 {
  /** Lower and upper half. */
  readonly #register = Int32Array.of(-1, -1);
  /** Of folded bytes, which the register has not seen yet. */
  #quotient: Uint8Array | undefined;
  /** Bytes seen. */
  length = 0;

  update(bytes: Uint8Array): this {
    this.length += bytes.length;
    if (fold !== null && bytes.length >= FOLD_FROM) {
      this.#quotient ??= new Uint8Array(LONG_BYTES);
      fold.divide(this.#register, this.#quotient, bytes);
    } else {
      this.#settle();
      advance(this.#register, bytes);
    }
    return this;
  }

  get value(): bigint {
    this.#settle();
    const [low = 0, high = 0] = this.#register;
    return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
  }

  /** Unsigned decimal, as OSS writes it. */
  toString(): string {
    return this.value.toString();
  }

  /** Takes what remains of folded bytes into the register. */
  #settle(): void {
    if (fold === null || this.#quotient === undefined) return;
    advance(this.#register, fold.remainder(this.#quotient));
    this.#quotient = undefined;
  }
}

/** The checksum of A followed by B, from the checksum of A, that of B, and the length of B in bytes. */
export function combineCrc64(first: bigint, second: bigint, secondLength: number): bigint {
  return new Crc64Sum().add(first, 0).add(second, secondLength).value;
}

/** The checksum of pieces one after the other, from the checksums of each. */
export class Crc64Sum {
  /** Of nothing. */
  value = 0n;
  #length = 0;
  /** The power of x that belongs to the length: most pieces are of one length. */
  #power = powerOfX(0);

  /** `length`: bytes of the piece. */
  add(crc64: bigint, length: number): this {
    if (this.value !== 0n) {
      if (length !== this.#length) this.#power = powerOfX(length);
      this.#length = length;
      this.value = multiply(this.#power, this.value);
    }
    this.value ^= crc64;
    return this;
  }
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
