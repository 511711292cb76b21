/**
 * The inner loop of CRC-64 in WebAssembly, put together here because it is shorter than what would be needed to build
 * it: 64-bit registers and two blocks side by side make it about three times as fast as JavaScript.
 */

/** Bytes that one call of `pair` takes: two blocks. */
export const PAIR_BYTES = 32 * 1024;
const BLOCK_BYTES = PAIR_BYTES / 2;

/** Where things lie in the module's memory: two sets of 8 tables of 256 64-bit numbers, the result, the data. */
const STEP_TABLES = 0;
const SHIFT_TABLES = 16_384;
const RESULT = 32_768;
const DATA = 65_536;
const PAGES = 2;

/** As far as it is used here; Node's types do not have it. */
interface WebAssemblyApi {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { pair(low: number, high: number): void } };
}

/** A running register, as two signed 32-bit halves. */
export interface Crc64Wasm {
  /** Feeds all of `bytes`, whose length is a multiple of {@link PAIR_BYTES}, to the register in `state`. */
  update(state: Int32Array, bytes: Uint8Array): void;
}

/**
 * `step` advances a register by one byte at place n of eight: entry [n][byte]. `shift` is what a register with only
 * byte n set becomes when a block of zeros follows. Null where there is no WebAssembly (`node --jitless`).
 */
export function makeCrc64Wasm(
  step: (n: number, byte: number) => bigint,
  shift: (n: number, byte: number) => bigint,
): Crc64Wasm | null {
  const wasm = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
  if (wasm === undefined) return null;
  const memory = new wasm.Memory({ initial: PAGES, maximum: PAGES });
  const { pair } = new wasm.Instance(new wasm.Module(moduleBytes()), { m: { m: memory } }).exports;
  const tables = new BigUint64Array(memory.buffer, 0, RESULT / 8);
  for (let n = 0; n < 8; n++) {
    for (let byte = 0; byte < 256; byte++) {
      tables[STEP_TABLES / 8 + n * 256 + byte] = step(n, byte);
      tables[SHIFT_TABLES / 8 + n * 256 + byte] = shift(n, byte);
    }
  }
  const result = new Int32Array(memory.buffer, RESULT, 2);
  const data = new Uint8Array(memory.buffer, DATA, PAIR_BYTES);
  return {
    update(state, bytes) {
      result.set(state);
      for (let at = 0; at < bytes.length; at += PAIR_BYTES) {
        data.set(bytes.subarray(at, at + PAIR_BYTES));
        pair(result[0] as number, result[1] as number);
      }
      state.set(result);
    },
  };
}

/** Opcodes of the WebAssembly core specification, section 5.4. */
const OP = {
  loop: 0x03,
  end: 0x0b,
  brIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i64Load: 0x29,
  i64Store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LtU: 0x49,
  i32Add: 0x6a,
  i32And: 0x71,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,
} as const;
const I32 = 0x7f;
const I64 = 0x7e;
const NO_RESULT = 0x40;
const FUNCTION = 0x60;

type Code = readonly number[];

/** Parameters and locals of `pair`. */
const LOW = 0;
const HIGH = 1;
const AT = 2;
const FIRST = 3;
const SECOND = 4;

function pairBody(): Code {
  const get = (local: number): Code => [OP.localGet, ...unsigned(local)];
  const set = (local: number): Code => [OP.localSet, ...unsigned(local)];
  const i32 = (value: number): Code => [OP.i32Const, ...signed(value)];
  const i64 = (value: number): Code => [OP.i64Const, ...signed(value)];
  const load = (offset: number): Code => [OP.i64Load, 3, ...unsigned(offset)];
  /** The number at [byte n of the register] in table n; the index is shifted to bytes of address at once. */
  const lookup = (register: number, tables: number, n: number, table: number): Code => [
    ...get(register),
    ...(n === 0 ? [...i64(3), OP.i64Shl] : [...i64(8 * n - 3), OP.i64ShrU]),
    OP.i32WrapI64,
    ...i32(0x7f8),
    OP.i32And,
    ...load(tables + table * 2048),
  ];
  const places = [0, 1, 2, 3, 4, 5, 6, 7];
  const xorAll = (terms: readonly Code[]): Code =>
    terms.flatMap((term, i) => (i === 0 ? term : [...term, OP.i64Xor]));
  const advance = (register: number, offset: number): Code => [
    ...get(register),
    ...get(AT),
    ...load(offset),
    OP.i64Xor,
    ...set(register),
    // The first of eight bytes has the longest way through the register.
    ...xorAll(places.map((n) => lookup(register, STEP_TABLES, n, 7 - n))),
    ...set(register),
  ];
  return [
    ...[
      ...get(LOW),
      OP.i64ExtendI32U,
      ...get(HIGH),
      OP.i64ExtendI32U,
      ...i64(32),
      OP.i64Shl,
      OP.i64Or,
      ...set(FIRST),
    ],
    ...[OP.loop, NO_RESULT],
    ...advance(FIRST, DATA),
    ...advance(SECOND, DATA + BLOCK_BYTES),
    ...[...get(AT), ...i32(8), OP.i32Add, OP.localTee, AT, ...i32(BLOCK_BYTES), OP.i32LtU, OP.brIf, 0],
    OP.end,
    ...i32(0),
    ...xorAll([...places.map((n) => lookup(FIRST, SHIFT_TABLES, n, n)), get(SECOND)]),
    ...[OP.i64Store, 3, ...unsigned(RESULT)],
    OP.end,
  ];
}

/** Section 5.5: types, the imported memory, one function, its export, its code. */
function moduleBytes(): Uint8Array {
  const text = (value: string): Code => [...unsigned(value.length), ...Buffer.from(value)];
  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const body: Code = [2, 1, I32, 2, I64, ...pairBody()];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, FUNCTION, 2, I32, I32, 0]),
    ...section(2, [1, ...text("m"), ...text("m"), 2, 1, PAGES, PAGES]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("pair"), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const rest = value >> 7;
  const done = (rest === 0 && (value & 64) === 0) || (rest === -1 && (value & 64) !== 0);
  return done ? [value & 127] : [(value & 127) | 128, ...signed(rest)];
}
