import { Operator } from "opendal";
import { CREDENTIALS, inParallel, randomPositions, type Task, type Tool } from "../task.ts";

const MIB = 1024 * 1024;

/** opendal (Rust under Node), with its default concurrency or with the fixed one. */
export async function opendalTool(task: Task): Promise<Tool> {
  const operator = new Operator("oss", {
    endpoint: task.endpoint,
    addressing_style: "path",
    bucket: task.bucket,
    access_key_id: CREDENTIALS.accessKeyId,
    access_key_secret: CREDENTIALS.accessKeySecret,
  });
  const { fixed } = task;
  return {
    async read({ key }) {
      const reader = await operator.reader(key, fixed && { concurrent: fixed.parts, chunk: fixed.part });
      const buffer = Buffer.alloc(MIB);
      let bytes = 0;
      for (;;) {
        const count = Number(await reader.read(buffer));
        if (count === 0) return bytes;
        bytes += count;
      }
    },
    async write({ key, size }) {
      const writer = await operator.writer(
        key,
        fixed && { concurrent: fixed.parts, chunk: BigInt(fixed.part) },
      );
      const chunk = Buffer.alloc(8 * MIB, 7);
      for (let left = size; left > 0; left -= chunk.length) await writer.write(chunk.subarray(0, left));
      await writer.close();
      return size;
    },
    async smallReads({ key, count, concurrency }) {
      await inParallel(count, concurrency, async (i) => {
        await operator.read(`${key}/${i}`);
      });
      return count;
    },
    async randomReads({ key, size, count, concurrency }) {
      const { contentLength } = await operator.stat(key);
      const positions = randomPositions(count, size, Number(contentLength));
      await inParallel(count, concurrency, async (i) => {
        await operator.read(key, { offset: BigInt(positions[i] ?? 0), size: BigInt(size) });
      });
      return count;
    },
    async list({ key }) {
      return (await operator.list(`${key}/`, { recursive: true })).length;
    },
    async [Symbol.asyncDispose]() {},
  };
}
