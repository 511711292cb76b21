import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Environment, Path } from "plugfs";
import { CREDENTIALS, inParallel, randomPositions, type Task, type Tool } from "../task.ts";

/** plugfs with the built oss-fs, as a user has it. */
export async function plugfsTool(task: Task, pluginsDir: string): Promise<Tool> {
  const home = await mkdtemp(join(tmpdir(), "plugfs-bench-"));
  const env = await Environment.open({
    home,
    pluginsDir,
    configuration: {
      "fs.oss.endpoint": task.endpoint,
      "fs.oss.accessKeyId": CREDENTIALS.accessKeyId,
      "fs.oss.accessKeySecret": CREDENTIALS.accessKeySecret,
      "fs.oss.connection.maximum": 64,
      ...(task.fixed && {
        "fs.oss.multipart.download.size": task.fixed.part,
        "fs.oss.multipart.download.ahead.part.max.number": task.fixed.parts,
        "fs.oss.multipart.upload.size": task.fixed.part,
        "fs.oss.upload.active.blocks": task.fixed.parts,
      }),
    },
  });
  const uri = (key: string): Path => Path.parse(key.includes("://") ? key : `oss://${task.bucket}/${key}`);
  const fs = await env.fileSystem(uri(task.key));
  return {
    async read({ key }) {
      await using input = await fs.open(uri(key));
      let bytes = 0;
      for await (const chunk of input.chunks()) bytes += chunk.byteLength;
      return bytes;
    },
    async write({ key, size }) {
      await using output = await fs.create(uri(key), { overwrite: true });
      const chunk = Buffer.alloc(1024 * 1024, 7);
      for (let left = size; left > 0; left -= chunk.length) {
        await output.write(left < chunk.length ? chunk.subarray(0, left) : chunk);
      }
      return (await output.close()).length;
    },
    async smallReads({ key, count, concurrency, size }) {
      await inParallel(count, concurrency, async (i) => {
        await using input = await fs.open(uri(`${key}/${i}`));
        await input.read(new Uint8Array(size));
      });
      return count;
    },
    async randomReads({ key, size, count, concurrency }) {
      await using input = await fs.open(uri(key));
      const positions = randomPositions(count, size, input.status.length);
      await inParallel(count, concurrency, async (i) => {
        await input.readAt(positions[i] ?? 0, new Uint8Array(size));
      });
      return count;
    },
    async list({ key }) {
      let count = 0;
      for await (const _ of fs.listStatus(uri(key), { recursive: true })) count++;
      return count;
    },
    async deleteTree({ key, count }) {
      await fs.delete(uri(key), { recursive: true });
      return count;
    },
    async lines({ key }) {
      let count = 0;
      for await (const line of env.readTextFile(uri(key))) count += line.length >= 0 ? 1 : 0;
      return count;
    },
    async lineBatches({ key }) {
      let count = 0;
      for await (const batch of env.readTextFile(uri(key)).batches()) count += batch.length;
      return count;
    },
    async [Symbol.asyncDispose]() {
      await env.close();
      await rm(home, { recursive: true });
    },
  };
}
