import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import OSS from "ali-oss";
import { ContentCheck, contentOf, randomPositions } from "../content.ts";
import { CREDENTIALS, inParallel, type Setup, type Tool } from "../task.ts";

const MIB = 1024 * 1024;

/** ali-oss, as people write it by hand. */
export function aliOssTool({ endpoint, bucket }: Setup): Tool {
  const { port, protocol } = new URL(endpoint);
  const client = new OSS({
    ...CREDENTIALS,
    bucket,
    endpoint: `${protocol}//localhost:${port}`,
    ...{ sldEnable: true },
    timeout: 600_000,
  });
  const stream = async (key: string): Promise<Readable> => (await client.getStream(key)).stream as Readable;
  return {
    operations: {
      async read({ key }) {
        const check = new ContentCheck();
        for await (const chunk of await stream(key)) check.accept(chunk);
        return { amount: check.position };
      },
      async write({ key, size }) {
        const source = Readable.from(contentOf(size), { objectMode: false, highWaterMark: MIB });
        await client.putStream(key, source, { contentLength: size } as OSS.PutStreamOptions);
        return { amount: size };
      },
      async "small-reads"({ key, count, concurrency }) {
        let check = 0;
        await inParallel(count, concurrency, async (i) => {
          const { content } = await client.get(`${key}/${i}`);
          check += content.length;
        });
        return { amount: count, check };
      },
      async "random-reads"({ key, size, count, concurrency }) {
        const { res } = await client.head(key);
        const length = Number((res.headers as Record<string, string>)["content-length"]);
        const positions = randomPositions(count, size, length);
        await inParallel(count, concurrency, async (i) => {
          const start = positions[i] ?? 0;
          const range = `bytes=${start}-${start + size - 1}`;
          const { content } = await client.get(key, { headers: { Range: range } });
          new ContentCheck(start).accept(content);
        });
        return { amount: count };
      },
      async list({ key }) {
        let amount = 0;
        let check = 0;
        let token: string | undefined;
        do {
          const query = {
            prefix: `${key}/`,
            "max-keys": "1000",
            ...(token && { "continuation-token": token }),
          };
          const page = await (client as unknown as ListV2).listV2(query, {});
          for (const { name } of page.objects) {
            amount++;
            check += name.length;
          }
          token = page.nextContinuationToken;
        } while (token);
        return { amount, check };
      },
      async "delete-tree"({ key, count }) {
        for (let i = 0; i < count; i++) await client.delete(`${key}/${i}`);
        return { amount: count };
      },
      async "rename-tree"({ key, target = "", count }) {
        for (let i = 0; i < count; i++) {
          await client.copy(`${target}/${i}`, `${key}/${i}`);
          await client.delete(`${key}/${i}`);
        }
        return { amount: count };
      },
      async lines({ key }) {
        let amount = 0;
        let check = 0;
        for await (const line of createInterface({ input: await stream(key) })) {
          amount++;
          check += line.length;
        }
        return { amount, check };
      },
      async "upload-files"({ key, target = "", count, concurrency }) {
        const folder = fileURLToPath(key);
        await inParallel(count, concurrency, async (i) => {
          await client.put(`${target}/${i}`, await readFile(`${folder}/${i}`));
        });
        return { amount: count };
      },
      async "upload-file"({ key, target = "", size }) {
        const options = { parallel: 5, partSize: 10 * MIB };
        await client.multipartUpload(target, fileURLToPath(key), options);
        return { amount: size };
      },
      async "download-file"({ key, target = "", size }) {
        await pipeline(await stream(key), createWriteStream(fileURLToPath(target)));
        return { amount: size };
      },
    },
    async [Symbol.asyncDispose]() {},
  };
}

interface ListV2 {
  listV2(
    query: object,
    options: object,
  ): Promise<{ objects: { name: string }[]; nextContinuationToken?: string }>;
}
