/**
 * As much of the WebAssembly binary format as small functions need. Their source stays readable where it is used, and
 * nothing has to be compiled or loaded besides the bundle.
 */
export type Code = readonly number[];

/** As far as it is used here; Node's types do not have it. */
interface WebAssemblyApi {
  readonly Memory: new (pages: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { readonly run: WasmFunction } };
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export type WasmFunction = (...parameters: number[]) => void;

export interface FunctionSource {
  /** How many, each an i32. There is no result. */
  readonly parameters: number;
  readonly body: Code;
}

const PAGE_BYTES = 65_536;

/**
 * Memory of so many bytes, a multiple of 64 KiB. Null where WebAssembly is missing or refuses: `node --jitless`, an embedder that
 * forbids it, too little address space (`ulimit -v`).
 */
export function openMemory(bytes: number): WasmMemory | null {
  const pages = bytes / PAGE_BYTES;
  try {
    return new (api().Memory)({ initial: pages, maximum: pages });
  } catch {
    return null;
  }
}

/** A function that works on the memory. Null where WebAssembly refuses it: one that does not know its instructions. */
export function openFunction(memory: WasmMemory, source: FunctionSource): WasmFunction | null {
  try {
    const { Instance, Module } = api();
    const module = new Module(functionModule(source, memory.buffer.byteLength / PAGE_BYTES));
    return new Instance(module, { m: { m: memory } }).exports.run;
  } catch {
    return null;
  }
}

function api(): WebAssemblyApi {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi };
  if (WebAssembly === undefined) throw new TypeError("there is no WebAssembly");
  return WebAssembly;
}

/** Opcodes of the WebAssembly core specification, section 5.4; those on 16 bytes at once have a prefix. */
export const OP = {
  loop: [0x03],
  end: [0x0b],
  brIf: [0x0d],
  localGet: [0x20],
  localSet: [0x21],
  localTee: [0x22],
  i32Const: [0x41],
  i32LtU: [0x49],
  i32Add: [0x6a],
  v128Load: [0xfd, 0x00],
  v128Store: [0xfd, 0x0b],
  v128Xor: [0xfd, 0x51],
} as const;

const I32 = 0x7f;
const FUNCTION = 0x60;
const NO_RESULT = 0x40;

/** Runs `body` again as long as the number that it leaves is not 0. */
export function loop(body: Code): Code {
  return [...OP.loop, NO_RESULT, ...body, ...OP.brIf, 0, ...OP.end];
}

export const get = (local: number): Code => [...OP.localGet, ...unsigned(local)];
export const set = (local: number): Code => [...OP.localSet, ...unsigned(local)];
export const tee = (local: number): Code => [...OP.localTee, ...unsigned(local)];
export const i32 = (value: number): Code => [...OP.i32Const, ...signed(value)];

/** A module that imports its memory as `m.m` and exports `run`. Section 5.5: types, imports, functions, exports, code. */
function functionModule({ parameters, body }: FunctionSource, pages: number): Uint8Array {
  const code = [...vector([]), ...body, ...OP.end];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, FUNCTION, ...vector(new Array<Code>(parameters).fill([I32])), 0]),
    ...section(2, [1, ...text("m"), ...text("m"), 2, 1, ...unsigned(pages), ...unsigned(pages)]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
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

function signed(value: number): Code {
  const rest = value >> 7;
  const isLast = (rest === 0 && (value & 64) === 0) || (rest === -1 && (value & 64) !== 0);
  return isLast ? [value & 127] : [(value & 127) | 128, ...signed(rest)];
}
