/**
 * As much of the WebAssembly binary format as one small function needs. Its source stays readable where it is used,
 * and nothing has to be compiled or loaded besides the bundle.
 */
export type Code = readonly number[];

/** Opcodes of the WebAssembly core specification, section 5.4. */
export const OP = {
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
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i32WrapI64: 0xa7,
} as const;

export const I32 = 0x7f;
export const I64 = 0x7e;
const FUNCTION = 0x60;
const NO_RESULT = 0x40;

/** Runs `body` again as long as the number that it leaves is not 0. */
export function loop(body: Code): Code {
  return [OP.loop, NO_RESULT, ...body, OP.brIf, 0, OP.end];
}

export interface FunctionModule {
  /** What the function is exported as. */
  readonly name: string;
  /** The types of the locals that follow the parameter. */
  readonly locals: Code;
  /** Of the memory, which is imported as `m.m`: 64 KiB each. */
  readonly pages: number;
  readonly body: Code;
}

/** A module with one function of one i32, without result. Section 5.5: types, imports, functions, exports, code. */
export function functionModule({ name, locals, pages, body }: FunctionModule): Uint8Array {
  const code = [...vector(locals.map((type) => [1, type])), ...body, OP.end];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, FUNCTION, 1, I32, 0]),
    ...section(2, [1, ...text("m"), ...text("m"), 2, 1, ...unsigned(pages), ...unsigned(pages)]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text(name), 0, 0]),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return [...unsigned(value.length), ...Buffer.from(value)];
}

/** LEB128, section 5.2.2. */
export function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

export function signed(value: number): Code {
  const rest = value >> 7;
  const isLast = (rest === 0 && (value & 64) === 0) || (rest === -1 && (value & 64) !== 0);
  return isLast ? [value & 127] : [(value & 127) | 128, ...signed(rest)];
}
