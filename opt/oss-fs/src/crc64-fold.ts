import { IS_LITTLE_ENDIAN } from "./crc64-script.ts";
import {
  type Code,
  get,
  i32,
  loop,
  OP,
  openFunction,
  openMemory,
  set,
  tee,
  unsigned,
  type WasmFunction,
  type WasmMemory,
} from "./wasm-module.ts";

/**
 * Long runs of CRC-64 are folded: before tables divide by the CRC's polynomial, the bytes are divided by a multiple of it,
 * which leaves the checksum as it is. With y = x⁸ and n the longest of the delays d, the multiple is yⁿ + Σ yⁿ⁻ᵈ: so few
 * terms, and those whole bytes apart, that 16 bytes of quotient are 16 bytes of data XOR seven times 16 bytes of the
 * quotient before. What remains is divided by a shorter multiple of more terms, and what then remains is for the tables.
 * The idea is that of Chorba (CRC-32 in zlib-ng), here on whole bytes.
 *
 * The delays were searched for: seven of 512 to 4096 whose y⁻ᵈ add up to 1 modulo the CRC's polynomial, by comparing
 * sums of three with sums of four; then nine of 96 to 704. (That polynomial is a multiple of x + 1, so the number of
 * terms is even.) They are long because processors are slow to read across what was just written; of those found, the
 * seven have most multiples of 16, which are read fastest.
 */
export const LONG_DELAYS: readonly number[] = [581, 1199, 2531, 2896, 2992, 3492, 3640];
export const SHORT_DELAYS: readonly number[] = [119, 214, 286, 356, 394, 397, 444, 489, 640];

/** Of each quotient, what the next of it depends on; as much remains. */
export const LONG_BYTES = Math.max(...LONG_DELAYS);
const SHORT_BYTES = Math.max(...SHORT_DELAYS);

/** Shorter runs are not worth the way there and back. */
export const FOLD_FROM = 2048;

/** A step of the loop. */
const VECTOR_BYTES = 16;
const STEP_BYTES = 4 * VECTOR_BYTES;

/** Where things lie in the memory: the data, the quotient right before it, and what remains in place of the data. */
const DATA = 65_536;
export const DATA_BYTES = 65_536;
const LONG_REMAINDER = DATA + SHORT_BYTES;
const SHORT_REMAINDER = DATA + 8192;

/** A checksum on its way is a register, and the last `LONG_BYTES` of quotient: zeros at the beginning. */
export interface Fold {
  /** Divides on. The register goes into the first bytes, of which there are eight at least, and is 0 then. */
  divide(register: Int32Array, quotient: Uint8Array, bytes: Uint8Array): void;
  /** What has, with a register of 0, the same checksum as all bytes that were divided. Valid until the next call. */
  remainder(quotient: Uint8Array): Uint8Array;
}

/** Null where WebAssembly is missing or refused, or has no instructions on 16 bytes. */
export function foldInWasm(): Fold | null {
  const memory = IS_LITTLE_ENDIAN ? openMemory(DATA + DATA_BYTES) : null;
  if (memory === null) return null;
  const divideLong = openDivision(memory, LONG_DELAYS);
  const divideShort = openDivision(memory, SHORT_DELAYS);
  if (divideLong === null || divideShort === null) return null;
  const all = new Uint8Array(memory.buffer);
  const first = new Int32Array(memory.buffer, DATA, 2);

  /** The last `length` bytes of a quotient, up to `end`, give back at `at` the bytes that would have become them. */
  function multiply(divide: WasmFunction, length: number, end: number, at: number): void {
    all.copyWithin(at, end - length, end);
    all.fill(0, end - 2 * length, end - length);
    divide(at, at + length, end - 2 * length);
  }

  return {
    divide(register, quotient, bytes) {
      all.set(quotient, DATA - LONG_BYTES);
      let end = DATA;
      for (let at = 0; at < bytes.length; at += DATA_BYTES) {
        if (at > 0) all.copyWithin(DATA - LONG_BYTES, end - LONG_BYTES, end);
        const piece = bytes.subarray(at, at + DATA_BYTES);
        all.set(piece, DATA);
        moveInto(first, register);
        end = DATA + piece.length;
        divideLong(DATA, end, DATA - LONG_BYTES);
      }
      quotient.set(all.subarray(end - LONG_BYTES, end));
    },
    remainder(quotient) {
      all.set(quotient, DATA - LONG_BYTES);
      multiply(divideLong, LONG_BYTES, DATA, LONG_REMAINDER);
      all.fill(0, DATA, LONG_REMAINDER);
      divideShort(LONG_REMAINDER, LONG_REMAINDER + LONG_BYTES, DATA);
      multiply(divideShort, SHORT_BYTES, LONG_REMAINDER + LONG_BYTES, SHORT_REMAINDER);
      return all.subarray(SHORT_REMAINDER, SHORT_REMAINDER + SHORT_BYTES);
    },
  };
}

function moveInto(words: Int32Array, register: Int32Array): void {
  for (let i = 0; i < 2; i++) {
    words[i] = (words[i] as number) ^ (register[i] as number);
    register[i] = 0;
  }
}

/** The parameters of a division. */
const AT = 0;
const END = 1;
const FROM = 2;

/**
 * `(at, end, from)`: XORs into the bytes from `at` to `end` those that lie the delays before them, of a quotient that begins
 * the longest delay before at `from`. The last step may go past the end: what it makes there is not looked at.
 */
function openDivision(memory: WasmMemory, delays: readonly number[]): WasmFunction | null {
  const longest = Math.max(...delays);
  const vectors = Array.from({ length: STEP_BYTES / VECTOR_BYTES }, (_, i) => {
    const offset = i * VECTOR_BYTES;
    const earlier = delays.map((delay) => [...load(FROM, longest - delay + offset), ...OP.v128Xor]);
    return [...get(AT), ...load(AT, offset), ...earlier.flat(), ...OP.v128Store, 0, ...unsigned(offset)];
  });
  const body = loop([
    ...vectors.flat(),
    ...[...get(FROM), ...i32(STEP_BYTES), ...OP.i32Add, ...set(FROM)],
    ...[...get(AT), ...i32(STEP_BYTES), ...OP.i32Add, ...tee(AT), ...get(END), ...OP.i32LtU],
  ]);
  return openFunction(memory, { parameters: 3, body });
}

const load = (local: number, offset: number): Code => [...get(local), ...OP.v128Load, 0, ...unsigned(offset)];
