/** What bench.ts compares with: ali-oss as its documentation shows it, 16 calls at a time. */
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import OSS from "ali-oss";

const [endpoint, accessKeyId, accessKeySecret, what, name] = process.argv.slice(2);
const client = new OSS({ endpoint, accessKeyId, accessKeySecret, bucket: "demo", timeout: 600_000 });

async function each(items, work) {
  const left = items.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

if (what === "put") {
  const entries = await readdir(name, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  await each(files, async (file) => client.put(`plain/${file}`, await readFile(file)));
} else if (what === "get") {
  const keys = [];
  let token;
  do {
    const page = await client.listV2({ prefix: `${name}/`, "max-keys": 1000, "continuation-token": token });
    keys.push(...page.objects.map((object) => object.name).filter((key) => !key.endsWith("/")));
    token = page.nextContinuationToken;
  } while (token);
  for (const folder of new Set(keys.map((key) => dirname(key))))
    await mkdir(join("plain", folder), { recursive: true });
  await each(keys, async (key) => writeFile(join("plain", key), (await client.get(key)).content));
} else if (what === "put-large") {
  await client.multipartUpload(`plain/${name}`, name, { parallel: 5, partSize: 10 << 20 });
} else {
  const { stream } = await client.getStream(name);
  await pipeline(stream, createWriteStream("large.plain"));
}
