import { DATA, DATA_BYTES, PAIR_BYTES } from "./crc64-wasm.ts";
import {
  type Code,
  get,
  i32,
  loop,
  OP,
  openFunction,
  set,
  tee,
  unsigned,
  V128,
  type WasmMemory,
} from "./wasm-module.ts";

/**
 * Long runs of CRC-64: before the tables divide by the CRC's polynomial, the bytes are divided by a multiple of it, which
 * leaves the checksum as it is. With y = x⁸ and n the longest of the delays d, that multiple is yⁿ + Σ yⁿ⁻ᵈ: so few terms,
 * and those whole bytes apart, that 16 bytes of quotient are 16 bytes of data XOR seven times 16 bytes of the quotient
 * before. The idea is that of
 * Chorba (CRC-32 in zlib-ng), here on whole bytes.
 *
 * The delays were searched for: of all y⁻ᵈ with 512 ≤ d ≤ 4096, seven whose sum is 1 modulo the CRC's polynomial, by
 * comparing sums of three with sums of four. The polynomial is a multiple of x + 1, so the number of terms is even. No
 * delay is so short that what was just written is read; multiples of 16 are read fastest.
 */
export const DELAYS: readonly number[] = [581, 1199, 2531, 2896, 2992, 3492, 3640];

/** Of the quotient, what the next of it depends on; and as much is the remainder. */
export const QUOTIENT_BYTES = Math.max(...DELAYS);

/** Shorter runs are not worth the way there and back. */
export const FOLD_FROM = 8192;

/** A step of the loop. */
const VECTOR_BYTES = 16;
const STEP_BYTES = 4 * VECTOR_BYTES;

/** Where the quotient before the data lies; the as many bytes before it are zeros. */
const QUOTIENT = DATA - QUOTIENT_BYTES;
/** The remainder is led by zeros, which do not count, to whole pairs of blocks for the tables. */
const REMAINDER_END = DATA + Math.ceil(QUOTIENT_BYTES / PAIR_BYTES) * PAIR_BYTES;
const REMAINDER = REMAINDER_END - QUOTIENT_BYTES;

/** A checksum on its way is a register, and the last `QUOTIENT_BYTES` of quotient: zeros at the beginning. */
export interface Fold {
  /** Divides on. The register goes into the first bytes, of which there are `FOLD_FROM` at least, and is 0 then. */
  divide(register: Int32Array, quotient: Uint8Array, bytes: Uint8Array): void;
  /** What has the same checksum as all bytes that were divided, with a register of 0. Valid until the next call. */
  remainder(quotient: Uint8Array): Uint8Array;
}

/** Null where WebAssembly has no instructions on 16 bytes. */
export function foldInWasm(memory: WasmMemory): Fold | null {
  const run = openFunction(memory, { parameters: 3, locals: [], body: runBody() });
  if (run === null) return null;
  const all = new Uint8Array(memory.buffer);
  const first = new Int32Array(memory.buffer, DATA, 2);
  return {
    divide(register, quotient, bytes) {
      all.set(quotient, QUOTIENT);
      let end = DATA;
      for (let at = 0; at < bytes.length; at += DATA_BYTES) {
        if (at > 0) all.copyWithin(QUOTIENT, end - QUOTIENT_BYTES, end);
        const piece = bytes.subarray(at, at + DATA_BYTES);
        all.set(piece, DATA);
        if (at === 0) moveInto(first, register);
        end = DATA + piece.length;
        // The last step may go past the end: what it makes there is not looked at.
        run(DATA, end, QUOTIENT);
      }
      quotient.set(all.subarray(end - QUOTIENT_BYTES, end));
    },
    remainder(quotient) {
      // Multiplied by the multiple again, the last of the quotient gives the bytes back that it would have been made of.
      all.set(quotient, QUOTIENT);
      all.fill(0, DATA, REMAINDER);
      all.set(quotient, REMAINDER);
      run(REMAINDER, REMAINDER_END, QUOTIENT - QUOTIENT_BYTES);
      return all.subarray(DATA, REMAINDER_END);
    },
  };
}

function moveInto(words: Int32Array, register: Int32Array): void {
  for (let i = 0; i < 2; i++) {
    words[i] = (words[i] as number) ^ (register[i] as number);
    register[i] = 0;
  }
}

/** The parameters of `run`. */
const AT = 0;
const END = 1;
const FROM = 2;

/**
 * `run(at, end, from)`: XORs into the bytes from `at` to `end`, in steps of 64, those `DELAYS` before them: `from` is where
 * those are that lie `QUOTIENT_BYTES` before.
 */
function runBody(): Code {
  const steps = Array.from({ length: STEP_BYTES / VECTOR_BYTES }, (_, i) => vectorStep(i * VECTOR_BYTES));
  return loop([
    ...steps.flat(),
    ...[...get(FROM), ...i32(STEP_BYTES), OP.i32Add, ...set(FROM)],
    ...[...get(AT), ...i32(STEP_BYTES), OP.i32Add, ...tee(AT), ...get(END), OP.i32LtU],
  ]);
}

function vectorStep(offset: number): Code {
  const pulled = DELAYS.flatMap((delay) => [...load(FROM, QUOTIENT_BYTES - delay + offset), ...V128.xor]);
  return [...get(AT), ...load(AT, offset), ...pulled, ...V128.store, 0, ...unsigned(offset)];
}

const load = (local: number, offset: number): Code => [...get(local), ...V128.load, 0, ...unsigned(offset)];
