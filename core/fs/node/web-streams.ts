import type { ByteSink } from "./byte-sink.ts";
import type { ByteSource } from "./byte-source.ts";

const CHUNK = 64 * 1024;

/** A byte stream of the web: opened at its first read, as fast as it is read. */
export function webReadable(open: () => Promise<ByteSource>): ReadableStream<Uint8Array> {
  let source: ByteSource | undefined;
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        source ??= await open();
        const into = new Uint8Array(CHUNK);
        let count = 0;
        try {
          count = await source.read(into);
        } finally {
          if (count === 0) await source.close();
        }
        if (count > 0) return controller.enqueue(into.subarray(0, count));
        controller.close();
        // A reader with a buffer of its own waits for this.
        (controller.byobRequest as { respond(count: number): void } | null | undefined)?.respond(0);
      },
      async cancel() {
        await source?.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A stream of the web that writes a file; it appears when `close` resolves, and after `abort` never. */
export function webWritable(open: () => Promise<ByteSink>): WritableStream<Uint8Array | string> {
  let sink: ByteSink;
  return new WritableStream({
    async start() {
      sink = await open();
    },
    async write(chunk) {
      try {
        await sink.write(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
      } catch (error) {
        // After a failed write nobody calls abort.
        await sink.abort(error);
        throw error;
      }
    },
    async close() {
      await sink.close();
    },
    abort: (reason) => sink.abort(reason),
  });
}
