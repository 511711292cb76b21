import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import OSS from "ali-oss";
import { CREDENTIALS, inParallel, randomPositions, type Task, type Tool } from "../task.ts";

/** ali-oss, as people write it by hand. */
export async function aliOssTool(task: Task): Promise<Tool> {
  const { port } = new URL(task.endpoint);
  const client = new OSS({
    ...CREDENTIALS,
    bucket: task.bucket,
    endpoint: `http://localhost:${port}`,
    ...{ sldEnable: true },
    timeout: 600_000,
  });
  const stream = async (key: string): Promise<Readable> => (await client.getStream(key)).stream as Readable;
  return {
    async read({ key }) {
      let bytes = 0;
      for await (const chunk of await stream(key)) bytes += chunk.length;
      return bytes;
    },
    async write({ key, size }) {
      const chunk = Buffer.alloc(1024 * 1024, 7);
      const source = Readable.from(
        (function* () {
          for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
        })(),
        { objectMode: false, highWaterMark: 1024 * 1024 },
      );
      await client.putStream(key, source, { contentLength: size } as OSS.PutStreamOptions);
      return size;
    },
    async smallReads({ key, count, concurrency }) {
      await inParallel(count, concurrency, async (i) => {
        await client.get(`${key}/${i}`);
      });
      return count;
    },
    async randomReads({ key, size, count, concurrency }) {
      const { res } = await client.head(key);
      const length = Number((res.headers as Record<string, string>)["content-length"]);
      const positions = randomPositions(count, size, length);
      await inParallel(count, concurrency, async (i) => {
        const start = positions[i] ?? 0;
        await client.get(key, { headers: { Range: `bytes=${start}-${start + size - 1}` } });
      });
      return count;
    },
    async list({ key }) {
      let count = 0;
      let token: string | undefined;
      do {
        const query = {
          prefix: `${key}/`,
          "max-keys": "1000",
          ...(token && { "continuation-token": token }),
        };
        const page = await (client as unknown as ListV2).listV2(query, {});
        count += page.objects.length;
        token = page.nextContinuationToken;
      } while (token);
      return count;
    },
    async deleteTree({ key, count }) {
      for (let i = 0; i < count; i++) await client.delete(`${key}/${i}`);
      return count;
    },
    async lines({ key }) {
      let count = 0;
      for await (const line of createInterface({ input: await stream(key) }))
        count += line.length >= 0 ? 1 : 0;
      return count;
    },
    async [Symbol.asyncDispose]() {},
  };
}

interface ListV2 {
  listV2(query: object, options: object): Promise<{ objects: unknown[]; nextContinuationToken?: string }>;
}
