import { type Fault, faultOf, placeIn } from "./faults.ts";

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Thrown where a body is to break: `reset` and `end` concern the connection, `stall` keeps it open. */
export class BodyBreak extends Error {
  readonly how: "reset" | "end" | "stall";

  constructor(how: BodyBreak["how"]) {
    super(`The body ends here by a fault: ${how}.`);
    this.name = "BodyBreak";
    this.how = how;
  }
}

/** The body of an answer of `size` bytes as these faults leave it. */
export function spoilAnswer(chunks: Chunks, size: number, faults: readonly Fault[]): Chunks {
  const corrupt = faultOf(faults, "corrupt");
  const reset = faultOf(faults, "reset-mid-body");
  const cut = faultOf(faults, "cut-body");
  const stall = faultOf(faults, "stall");
  let spoilt = chunks;
  if (corrupt !== undefined) spoilt = flip(spoilt, Math.min(placeIn(size, corrupt.at), size - 1));
  if (reset !== undefined) spoilt = breakAt(spoilt, placeIn(size, reset.after), "reset");
  if (cut !== undefined) spoilt = breakAt(spoilt, placeIn(size, cut.after), "end");
  if (stall !== undefined) spoilt = breakAt(spoilt, placeIn(size, stall.after), "stall");
  return spoilt;
}

/** The body of a request as these faults let it arrive; `size` as announced, if it was. */
export function spoilUpload(chunks: Chunks, size: number | undefined, faults: readonly Fault[]): Chunks {
  const corrupt = faultOf(faults, "corrupt-upload");
  const reset = faultOf(faults, "reset-upload");
  const stall = faultOf(faults, "stall-upload");
  let spoilt = chunks;
  if (corrupt !== undefined) {
    spoilt = flip(spoilt, size === undefined ? Math.max(0, corrupt.at ?? 0) : placeIn(size, corrupt.at));
  }
  const place = (after = 1) => placeIn(size ?? Number.POSITIVE_INFINITY, after);
  if (reset !== undefined) spoilt = breakAt(spoilt, place(reset.after), "reset");
  if (stall !== undefined) spoilt = breakAt(spoilt, place(stall.after), "stall");
  return spoilt;
}

async function* flip(chunks: Chunks, place: number): AsyncIterable<Uint8Array> {
  let position = 0;
  for await (const chunk of chunks) {
    const index = place - position;
    position += chunk.length;
    if (index < 0 || index >= chunk.length) yield chunk;
    else {
      const copy = Uint8Array.from(chunk);
      copy[index] = (copy[index] as number) ^ 1;
      yield copy;
    }
  }
}

async function* breakAt(chunks: Chunks, place: number, how: BodyBreak["how"]): AsyncIterable<Uint8Array> {
  let position = 0;
  for await (const chunk of chunks) {
    if (position + chunk.length >= place) {
      if (place > position) yield chunk.subarray(0, place - position);
      throw new BodyBreak(how);
    }
    position += chunk.length;
    yield chunk;
  }
}
