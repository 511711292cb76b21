/**
 * CRC-64/XZ (ECMA-182, reflected), as `FileStatus.crc64` has it: for `sync --checksum` of files in stores that keep none.
 * oss-fs has one of its own, in WebAssembly, which every byte goes through: a plugin brings what it needs, and the SPI is
 * not to grow by a checksum's code for this one use.
 */
const POLYNOMIAL_LOW = 0xd7870f42;
const POLYNOMIAL_HIGH = 0xc96c5795;

const [LOW, HIGH] = tables();

export class Crc64 {
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < bytes.length; i++) {
      const index = (low ^ (bytes[i] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (LOW[index] as number);
      high = (high >>> 8) ^ (HIGH[index] as number);
    }
    this.#low = low;
    this.#high = high;
  }

  /** Unsigned decimal. */
  toString(): string {
    return ((BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0)).toString();
  }
}

function tables(): readonly [low: Int32Array, high: Int32Array] {
  const lows = new Int32Array(256);
  const highs = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let low = n;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd !== 0) {
        low ^= POLYNOMIAL_LOW;
        high ^= POLYNOMIAL_HIGH;
      }
    }
    lows[n] = low;
    highs[n] = high;
  }
  return [lows, highs];
}
