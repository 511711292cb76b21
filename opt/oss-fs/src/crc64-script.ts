/** CRC-64/XZ in JavaScript: eight bytes a step by lookup tables. */

/** 8 tables of 256 entries each, one after the other: what byte b becomes when n zero bytes follow is at 256 n + b. */
interface StepTables {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

export const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const { low: LOW, high: HIGH } = makeStepTables();

/** Feeds bytes to a running register, held as two signed 32-bit halves, lower first: V8 computes fastest with those. */
export function advance(register: Int32Array, bytes: Uint8Array): void {
  // Words can only be read from an aligned address, and in pairs.
  const head = IS_LITTLE_ENDIAN ? Math.min(-bytes.byteOffset & 3, bytes.length) : bytes.length;
  const words = ((bytes.length - head) >>> 3) << 1;
  advanceBytes(register, bytes, 0, head);
  if (words > 0) advanceWords(register, new Int32Array(bytes.buffer, bytes.byteOffset + head, words));
  advanceBytes(register, bytes, head + words * 4, bytes.length);
}

function advanceWords(register: Int32Array, words: Int32Array): void {
  let low = at(register, 0);
  let high = at(register, 1);
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
  register[0] = low;
  register[1] = high;
}

function advanceBytes(register: Int32Array, bytes: Uint8Array, from: number, to: number): void {
  let low = at(register, 0);
  let high = at(register, 1);
  for (let i = from; i < to; i++) {
    const index = (low ^ (bytes[i] as number)) & 255;
    low = ((low >>> 8) | (high << 24)) ^ at(LOW, index);
    high = (high >>> 8) ^ at(HIGH, index);
  }
  register[0] = low;
  register[1] = high;
}

/** In whole numbers, not bigint: this runs whenever the plugin is loaded. */
function makeStepTables(): StepTables {
  const low = new Int32Array(2048);
  const high = new Int32Array(2048);
  for (let byte = 0; byte < 256; byte++) {
    let lower = byte;
    let upper = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = lower & 1;
      lower = (lower >>> 1) | (upper << 31);
      upper >>>= 1;
      if (odd !== 0) {
        lower ^= 0xd7870f42;
        upper ^= 0xc96c5795;
      }
    }
    low[byte] = lower;
    high[byte] = upper;
  }
  for (let i = 256; i < 2048; i++) {
    const before = at(low, i - 256);
    low[i] = ((before >>> 8) | (at(high, i - 256) << 24)) ^ at(low, before & 255);
    high[i] = (at(high, i - 256) >>> 8) ^ at(high, before & 255);
  }
  return { low, high };
}

// The indices are in range by construction; the cast costs nothing at run time.
function at(table: Int32Array, index: number): number {
  return table[index] as number;
}
