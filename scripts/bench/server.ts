/**
 * The OSS servers of a run, in a process of their own: one without and one with TLS, in memory, without MD5 of uploads
 * and without node:http, so that no client waits for them. Everything else is as in the tests: signatures are checked,
 * and every body gets its CRC64, made by the fastest code at hand; the tests hold it to other code.
 * Fills them past HTTP, changes their shape, counts what they send; all by messages.
 */
import { Crc64 } from "../../opt/oss-fs/src/crc64.ts";
import { type OssServerOptions, startOssServer } from "../../test/oss-server/server.ts";
import { contentOf, textOf } from "./content.ts";
import { CREDENTIALS } from "./task.ts";

export interface Order {
  readonly id: number;
  readonly tls: boolean;
  readonly order:
    | { readonly do: "shape"; readonly latency: number; readonly rate: number | null }
    | { readonly do: "content" | "text"; readonly key: string; readonly size: number }
    | {
        readonly do: "tree";
        readonly key: string;
        readonly files: number;
        readonly size: number;
        readonly folders: number;
      }
    | { readonly do: "count"; readonly prefix: string }
    | { readonly do: "clear"; readonly prefix: string }
    /** Since it was last asked for. */
    | { readonly do: "traffic" };
}

const BUCKET = "bench";
const options: OssServerOptions = {
  ...{ buckets: [BUCKET], md5: false, lean: true, logLimit: 100, ...CREDENTIALS },
  crc64: () => new Crc64(),
};
const plain = await startOssServer(options);
const secure = await startOssServer({ ...options, tls: true });

process.on("message", (message: Order) => {
  carryOut(message).then(
    (result) => process.send?.({ id: message.id, result }),
    (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.send?.({ plain: plain.endpoint, secure: secure.endpoint, ca: secure.ca });

async function carryOut({ tls, order }: Order): Promise<unknown> {
  const server = tls ? secure : plain;
  switch (order.do) {
    case "shape":
      server.shape.latency = order.latency;
      server.shape.rate = order.rate ?? Number.POSITIVE_INFINITY;
      return;
    case "content":
      return server.put(BUCKET, order.key, Buffer.concat([...contentOf(order.size)]));
    case "text":
      return server.put(BUCKET, order.key, Buffer.concat([...textOf(order.size)]));
    case "tree": {
      const { key, files, size, folders } = order;
      const bytes = Buffer.alloc(size, "x");
      for (let i = 0; i < files; i++) {
        const name = folders > 0 ? `f${i % folders}/${i}` : String(i);
        await server.put(BUCKET, `${key}/${name}`, bytes);
      }
      return;
    }
    case "count":
      return keysBelow(order.prefix).length;
    case "clear":
      for (const key of keysBelow(order.prefix)) server.remove(BUCKET, key);
      return;
    case "traffic": {
      const traffic = server.log.traffic();
      server.log.clear();
      return traffic;
    }
  }

  function keysBelow(prefix: string): string[] {
    return server.keys(BUCKET).filter((key) => key.startsWith(prefix));
  }
}
