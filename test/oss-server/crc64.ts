/**
 * CRC-64/XZ (ECMA-182, reflected), the sum that OSS sends as `x-oss-hash-crc64ecma`. The inner loop is
 * WebAssembly (sixteen bytes a step through sixteen tables), because JavaScript has no fast 64-bit integers.
 */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const MASK = 0xffffffffffffffffn;
const STEP = 16;
const TABLES_BYTES = STEP * 256 * 8;
const WINDOW_START = 65536;
const WINDOW_BYTES = 262144;

function tables(): BigUint64Array {
  const table = new BigUint64Array(STEP * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
    table[byte] = crc;
  }
  for (let index = 256; index < table.length; index++) {
    const previous = table[index - 256] as bigint;
    table[index] = (table[Number(previous & 0xffn)] as bigint) ^ (previous >> 8n);
  }
  return table;
}

/** The module's bytes: one memory and `update(crc: i64, from: i32, to: i32): i64`, written out by hand. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const I32 = 0x7f;
  const I64 = 0x7e;
  const EMPTY = 0x40;
  const leb = (value: number, signed = true): number[] => {
    const bytes: number[] = [];
    for (;;) {
      const low = value & 0x7f;
      value >>= 7;
      if (signed ? (value === 0 && !(low & 0x40)) || (value === -1 && low & 0x40) : value === 0) {
        bytes.push(low);
        return bytes;
      }
      bytes.push(low | 0x80);
    }
  };
  const vector = (items: number[][]) => [...leb(items.length, false), ...items.flat()];
  const section = (id: number, content: number[]) => [id, ...leb(content.length, false), ...content];
  const name = (text: string) => vector([...text].map((character) => [character.charCodeAt(0)]));
  const get = (local: number) => [0x20, local];
  const set = (local: number) => [0x21, local];
  const i32 = (value: number) => [0x41, ...leb(value)];
  const i64 = (value: number) => [0x42, ...leb(value)];
  const load64 = (offset: number) => [0x29, 0, ...leb(offset, false)];
  const [CRC, FROM, TO, NEXT] = [0, 1, 2, 3];
  /** table[(value >> 8·byte) & 255] of table number `table` */
  const lookUp = (local: number, byte: number, table: number) => [
    ...get(local),
    ...i64(byte * 8),
    0x88, // i64.shr_u
    0xa7, // i32.wrap_i64
    ...i32(255),
    0x71, // i32.and
    ...i32(3),
    0x74, // i32.shl
    ...load64(table * 2048),
  ];
  const xor = [0x85];
  const advance = (bytes: number) => [...get(FROM), ...i32(bytes), 0x6a, ...set(FROM)];
  /** while (from + bytes <= to) { body; from += bytes } */
  const whileLeft = (bytes: number, body: number[]) => [
    ...[0x02, EMPTY, 0x03, EMPTY],
    ...get(FROM),
    ...i32(bytes),
    0x6a, // i32.add
    ...get(TO),
    ...[0x4b, 0x0d, 1], // i32.gt_u, br_if out
    ...body,
    ...advance(bytes),
    ...[0x0c, 0, 0x0b, 0x0b],
  ];
  const sixteen = [
    ...[...get(CRC), ...get(FROM), ...load64(0), ...xor, ...set(CRC)],
    ...[...get(FROM), ...load64(8), ...set(NEXT)],
    ...lookUp(CRC, 0, STEP - 1),
  ];
  for (let byte = 1; byte < STEP; byte++) {
    sixteen.push(...lookUp(byte < 8 ? CRC : NEXT, byte & 7, STEP - 1 - byte), ...xor);
  }
  sixteen.push(...set(CRC));
  const one = [
    ...[...get(CRC), ...get(FROM), 0x31, 0, 0, ...xor, ...set(NEXT)], // i64.load8_u
    ...lookUp(NEXT, 0, 0),
    ...[...get(CRC), ...i64(8), 0x88, ...xor, ...set(CRC)],
  ];
  const body = [
    ...vector([[1, I64]]), // the local NEXT
    ...whileLeft(STEP, sixteen),
    ...whileLeft(1, one),
    ...get(CRC),
    0x0b,
  ];
  const pages = (WINDOW_START + WINDOW_BYTES) / 65536;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, ...vector([[I64], [I32], [I32]]), ...vector([[I64]])]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0, ...leb(pages, false)]])),
    ...section(
      7,
      vector([
        [...name("memory"), 2, 0],
        [...name("update"), 0, 0],
      ]),
    ),
    ...section(10, vector([[...leb(body.length, false), ...body]])),
  ]);
}

/** As much of WebAssembly as is used here; the compiler's `node` types leave it out. */
interface Wasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly update: (crc: bigint, from: number, to: number) => bigint;
    };
  };
}
const { Instance, Module } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
const { memory, update } = new Instance(new Module(moduleBytes())).exports;
const window = new Uint8Array(memory.buffer, WINDOW_START, WINDOW_BYTES);
new BigUint64Array(memory.buffer, 0, TABLES_BYTES / 8).set(tables());

/** The sum of `bytes` that follow bytes whose sum is `previous`; the sum of nothing is 0. */
export function crc64(bytes: Uint8Array, previous = 0n): bigint {
  let crc = ~previous;
  for (let from = 0; from < bytes.length; from += WINDOW_BYTES) {
    const part = bytes.subarray(from, from + WINDOW_BYTES);
    window.set(part);
    crc = update(crc, WINDOW_START, WINDOW_START + part.length);
  }
  return ~crc & MASK;
}

/** The sum of all pieces one after another, from the sum and the length in bytes of each. */
export function combineCrc64(pieces: Iterable<{ readonly crc64: bigint; readonly length: number }>): bigint {
  const shifts = new Map<number, bigint>();
  let sum = 0n;
  for (const piece of pieces) {
    let shift = shifts.get(piece.length);
    if (shift === undefined) {
      shift = powerOfX(8n * BigInt(piece.length));
      shifts.set(piece.length, shift);
    }
    sum = multiply(shift, sum) ^ piece.crc64;
  }
  return sum;
}

/** a·b modulo the polynomial; the highest bit is the coefficient of x⁰. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let bit = 1n << 63n; bit !== 0n; bit >>= 1n) {
    if (a & bit) product ^= b;
    b = b & 1n ? (b >> 1n) ^ POLYNOMIAL : b >> 1n;
  }
  return product;
}

function powerOfX(exponent: bigint): bigint {
  let result = 1n << 63n;
  let square = 1n << 62n;
  for (let left = exponent; left !== 0n; left >>= 1n) {
    if (left & 1n) result = multiply(square, result);
    square = multiply(square, square);
  }
  return result;
}
