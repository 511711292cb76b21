import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { Environment, Path } from "plugfs";
import type { Bench } from "./benches.ts";
import { CREDENTIALS, inParallel } from "./task.ts";

const MIB = 1024 * 1024;

/** Puts everything that a bench reads onto the server, and its text into the file `local`; skips what is there. */
export async function prepare(
  bench: Bench,
  place: { endpoint: string; pluginsDir: string; scale: number; local: string },
): Promise<void> {
  await using env = await Environment.open({
    pluginsDir: place.pluginsDir,
    configuration: {
      "fs.oss.endpoint": place.endpoint,
      "fs.oss.accessKeyId": CREDENTIALS.accessKeyId,
      "fs.oss.accessKeySecret": CREDENTIALS.accessKeySecret,
      "fs.oss.connection.maximum": 64,
    },
  });
  const fs = await env.fileSystem("oss://bench");
  const path = (key: string): Path => Path.parse(`oss://bench/${key}`);
  const put = async (key: string, chunks: Iterable<Buffer>): Promise<void> => {
    await using output = await fs.create(path(key), { overwrite: true });
    for (const chunk of chunks) await output.write(chunk);
    await output.close();
  };
  const has = (key: string): Promise<boolean> =>
    fs.getFileStatus(path(key)).then(
      () => true,
      () => false,
    );
  const { key } = bench.work;
  const size = 512 * MIB * place.scale;
  if (!(await has("warm")))
    await put("warm", [Buffer.alloc(MIB, "a line of the warm-up, as long as others\n")]);
  if (key === "big" && !(await has("big"))) await put("big", bytes(size));
  if (key === "text" && !(await has("text"))) await put("text", lines(size / 4));
  if (key === "file:" && !existsSync(place.local)) {
    const file = createWriteStream(place.local);
    for (const chunk of lines(size)) if (!file.write(chunk)) await once(file, "drain");
    file.end();
    await once(file, "close");
  }
  const { objects } = bench;
  if (objects === undefined || (!objects.again && (await has(`${key}/0`)))) return;
  const content = [Buffer.alloc(objects.size, "x")];
  await inParallel(objects.count, 32, (i) => put(`${key}/${i}`, objects.size === 0 ? [] : content));
}

function* bytes(size: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MIB);
  for (let i = 0; i < chunk.length; i++) chunk[i] = (i * 31 + (i >> 8)) & 255;
  for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}

/** Lines of about 100 bytes. */
function* lines(size: number): Generator<Buffer> {
  const text: string[] = [];
  for (let i = 0; text.length < 10_000; i++)
    text.push(`${i} ${"lorem ipsum dolor sit amet ".repeat(4).slice(0, 85 + (i % 20))}`);
  const chunk = Buffer.from(`${text.join("\n")}\n`);
  for (let left = size; left > 0; left -= chunk.length) yield chunk;
}
