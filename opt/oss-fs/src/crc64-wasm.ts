import { type Advance, IS_LITTLE_ENDIAN, type StepTables } from "./crc64-script.ts";
import {
  type Code,
  get,
  I32,
  I64,
  i32,
  i64,
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
 * The inner loop of CRC-64 in WebAssembly: 64-bit registers, and two blocks side by side, so that the processor computes
 * one while the other waits for its tables. The register of the first is then moved past the second by tables of its own.
 */
const BLOCK_BYTES = 1024;
export const PAIR_BYTES = 2 * BLOCK_BYTES;

/**
 * Where things lie in the memory: two sets of 8 tables of 256 64-bit numbers, the register, the data. The
 * 24 KiB before the data are nobody's here.
 */
const STEP = 0;
const SHIFT = 16_384;
const REGISTER = 32_768;
export const DATA = 65_536;
export const DATA_BYTES = 65_536;
const PAGES = 2;

export interface Crc64InWasm {
  /** Long runs in WebAssembly, what is shorter than a pair of blocks by `short`. */
  readonly advance: Advance;
  /** Between calls the data is free for others, and what lies between it and the register. */
  readonly memory: WasmMemory;
}

/** Null where WebAssembly is missing or refused. */
export function crc64InWasm(tables: StepTables, short: Advance): Crc64InWasm | null {
  const memory = IS_LITTLE_ENDIAN ? openMemory(PAGES) : null;
  if (memory === null) return null;
  const run = openFunction(memory, { parameters: 1, locals: [I32, I32, I64, I64], body: runBody() });
  if (run === null) return null;
  fillTables(memory, run, tables);
  const inside = new Int32Array(memory.buffer, REGISTER, 2);
  const data = new Uint8Array(memory.buffer, DATA, DATA_BYTES);
  const advance: Advance = (register, bytes) => {
    const end = bytes.length - (bytes.length % PAIR_BYTES);
    if (end === 0) return short(register, bytes);
    inside.set(register);
    for (let at = 0; at < end; at += DATA_BYTES) {
      const length = Math.min(DATA_BYTES, end - at);
      data.set(bytes.subarray(at, at + length));
      run(length);
    }
    register.set(inside);
    if (end < bytes.length) short(register, bytes.subarray(end));
  };
  return { advance, memory };
}

/** Both sets, from those of JavaScript. */
function fillTables({ buffer }: WasmMemory, run: WasmFunction, step: StepTables): void {
  const all = new Int32Array(buffer);
  for (let i = 0; i < 2048; i++) {
    all[STEP / 4 + i * 2] = step.low[i] as number;
    all[STEP / 4 + i * 2 + 1] = step.high[i] as number;
  }
  // As long as the tables for shifting hold zeros, a run gives the register of the second block alone: for a block that
  // is zero but for one bit at its beginning, what a register with this bit becomes by a block of zeros.
  const second = new Uint8Array(buffer, DATA + BLOCK_BYTES, 8);
  const shift = all.slice(SHIFT / 4, REGISTER / 4);
  for (let n = 0; n < 8; n++) {
    for (let byte = 1; byte < 256; byte++) {
      const entry = (n * 256 + byte) * 2;
      const others = (n * 256 + (byte & (byte - 1))) * 2;
      const lowest = (n * 256 + (byte & -byte)) * 2;
      if (entry === lowest) {
        second[n] = byte;
        run(PAIR_BYTES);
        shift.set(all.subarray(REGISTER / 4, REGISTER / 4 + 2), entry);
      } else {
        shift[entry] = (shift[others] as number) ^ (shift[lowest] as number);
        shift[entry + 1] = (shift[others + 1] as number) ^ (shift[lowest + 1] as number);
      }
    }
    second[n] = 0;
  }
  all.set(shift, SHIFT / 4);
}

/** The parameter and the locals of `run`. */
const LENGTH = 0;
const AT = 1;
const BLOCK_END = 2;
const FIRST = 3;
const SECOND = 4;

/** `run(length)`: feeds so many bytes of the data, a multiple of a pair, to the register in the memory. */
function runBody(): Code {
  return [
    ...[...i32(0), ...load(REGISTER), ...set(FIRST)],
    ...loop([
      ...[...i64(0), ...set(SECOND)],
      ...[...get(AT), ...i32(BLOCK_BYTES), OP.i32Add, ...set(BLOCK_END)],
      ...loop([
        ...step(FIRST, DATA),
        ...step(SECOND, DATA + BLOCK_BYTES),
        ...[...get(AT), ...i32(8), OP.i32Add, ...tee(AT), ...get(BLOCK_END), OP.i32LtU],
      ]),
      ...xorAll([...PLACES.map((n) => lookup(FIRST, SHIFT, n, n)), get(SECOND)]),
      ...set(FIRST),
      ...[...get(AT), ...i32(BLOCK_BYTES), OP.i32Add, ...tee(AT), ...get(LENGTH), OP.i32LtU],
    ]),
    ...[...i32(0), ...get(FIRST), OP.i64Store, 3, ...unsigned(REGISTER)],
  ];
}

/** Takes eight bytes into a register. The first of them has the longest way through it. */
function step(register: number, data: number): Code {
  return [
    ...[...get(register), ...get(AT), ...load(data), OP.i64Xor, ...set(register)],
    ...xorAll(PLACES.map((n) => lookup(register, STEP, n, 7 - n))),
    ...set(register),
  ];
}

/** The number in table `table` at byte n of the register; that is shifted to bytes of address at once. */
function lookup(register: number, tables: number, n: number, table: number): Code {
  const shifted = n === 0 ? [...i64(3), OP.i64Shl] : [...i64(8 * n - 3), OP.i64ShrU];
  const address = [...get(register), ...shifted, OP.i32WrapI64, ...i32(0x7f8), OP.i32And];
  return [...address, ...load(tables + table * 2048)];
}

const PLACES = [0, 1, 2, 3, 4, 5, 6, 7];
const load = (offset: number): Code => [OP.i64Load, 3, ...unsigned(offset)];
const xorAll = (terms: readonly Code[]): Code =>
  terms.flatMap((term, i) => (i === 0 ? term : [...term, OP.i64Xor]));
