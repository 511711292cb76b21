/** Bytes of a request. They may be asked for again, when the request is repeated; they must not change meanwhile. */
export type RequestBody = readonly Uint8Array[] | StreamedBody;

/** Bytes that are read while they are sent. */
export interface StreamedBody {
  readonly length: number;
  /** A chunk stays valid. */
  chunks(): AsyncIterable<Uint8Array>;
}

export function bodyLength(body: RequestBody): number {
  return isPieces(body) ? body.reduce((sum, piece) => sum + piece.byteLength, 0) : body.length;
}

export function isPieces(body: RequestBody): body is readonly Uint8Array[] {
  return Array.isArray(body);
}

export async function* bodyChunks(body: RequestBody): AsyncGenerator<Uint8Array> {
  if (isPieces(body)) yield* body;
  else yield* body.chunks();
}

/** All bytes as a copy of one's own. */
export async function bodyBytes(body: RequestBody): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyChunks(body)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
