import { Operator } from "opendal";
import { ContentCheck, contentOf, randomPositions } from "../content.ts";
import { CREDENTIALS, inParallel, type Setup, type Tool } from "../task.ts";

const MIB = 1024 * 1024;

/** opendal (Rust under Node), with its default concurrency or with the fixed one. */
export function opendalTool({ endpoint, bucket, fixed }: Setup): Tool {
  const operator = new Operator("oss", {
    endpoint,
    addressing_style: "path",
    bucket,
    access_key_id: CREDENTIALS.accessKeyId,
    access_key_secret: CREDENTIALS.accessKeySecret,
  });
  return {
    operations: {
      async read({ key }) {
        const reader = await operator.reader(key, fixed && { concurrent: fixed.parts, chunk: fixed.part });
        const buffer = Buffer.alloc(MIB);
        const check = new ContentCheck();
        for (;;) {
          const count = Number(await reader.read(buffer));
          if (count === 0) return { amount: check.position };
          check.accept(buffer.subarray(0, count));
        }
      },
      async write({ key, size }) {
        const options = fixed && { concurrent: fixed.parts, chunk: BigInt(fixed.part) };
        const writer = await operator.writer(key, options);
        for (const chunk of contentOf(size)) await writer.write(chunk);
        await writer.close();
        return { amount: size };
      },
      async "small-reads"({ key, count, concurrency }) {
        let check = 0;
        await inParallel(count, concurrency, async (i) => {
          const content = await operator.read(`${key}/${i}`);
          check += content.length;
        });
        return { amount: count, check };
      },
      async "random-reads"({ key, size, count, concurrency }) {
        const { contentLength } = await operator.stat(key);
        const positions = randomPositions(count, size, Number(contentLength));
        await inParallel(count, concurrency, async (i) => {
          const position = positions[i] ?? 0;
          const bytes = await operator.read(key, { offset: BigInt(position), size: BigInt(size) });
          new ContentCheck(position).accept(bytes);
        });
        return { amount: count };
      },
      async list({ key }) {
        const entries = await operator.list(`${key}/`, { recursive: true });
        let amount = 0;
        let check = 0;
        for (const entry of entries) {
          const path = entry.path();
          if (path.endsWith("/")) continue;
          amount++;
          check += path.length;
        }
        return { amount, check };
      },
      async "delete-tree"({ key, count }) {
        await operator.removeAll(`${key}/`);
        return { amount: count };
      },
    },
    async [Symbol.asyncDispose]() {},
  };
}
