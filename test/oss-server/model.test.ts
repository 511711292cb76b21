import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { crc64 } from "./crc64.ts";
import { type OssServer, startOssServer } from "./server.ts";
import { ask } from "./support/ask.ts";
import { childrenOf, parseXml, textOf } from "./xml.ts";

const RUNS = process.env.PLUGFS_SOAK === "1" ? 2000 : 40;
const KEYS = ["a", "b", "dir/", "dir/a", "é😀"];

/** What the server should hold, said as simply as can be. */
interface Model {
  readonly objects: Map<string, Buffer>;
  /** By the order in which they began; `undefined` once ended. */
  readonly uploads: ({ id: string; key: string; parts: Map<number, Buffer> } | undefined)[];
}

type Step = (server: OssServer, model: Model) => Promise<void>;

const pathOf = (key: string) => `/demo/${encodeURIComponent(key)}`;
const key = fc.constantFrom(...KEYS);
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));

const put = fc.tuple(key, bytes, fc.boolean()).map(
  ([name, body, forbid]): Step =>
    async (server, { objects }) => {
      const headers: Record<string, string> = forbid ? { "x-oss-forbid-overwrite": "true" } : {};
      const reply = await ask(server, "PUT", pathOf(name), { headers, body });
      const isRefused = forbid && objects.has(name);
      assert.equal(reply.code, isRefused ? "FileAlreadyExists" : undefined);
      if (!isRefused) objects.set(name, body);
    },
);

const get = fc.tuple(key, fc.nat(50), fc.nat(50)).map(
  ([name, first, last]): Step =>
    async (server, { objects }) => {
      const found = objects.get(name);
      const reply = await ask(server, "GET", pathOf(name), { headers: { Range: `bytes=${first}-${last}` } });
      if (found === undefined) {
        assert.equal(reply.code, "NoSuchKey");
        return;
      }
      const isGood = first <= last && last < found.length;
      assert.equal(reply.status, isGood ? 206 : 200);
      assert.deepEqual(reply.body, isGood ? found.subarray(first, last + 1) : found);
      assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(found)));
    },
);

const remove = key.map(
  (name): Step =>
    async (server, { objects }) => {
      assert.equal((await ask(server, "DELETE", pathOf(name))).status, 204);
      objects.delete(name);
    },
);

const removeMany = fc.subarray(KEYS, { minLength: 1 }).map(
  (names): Step =>
    async (server, { objects }) => {
      const items = names.map((name) => `<Object><Key>${name}</Key></Object>`);
      const body = `<Delete>${items.join("")}</Delete>`;
      const md5 = createHash("md5").update(body).digest("base64");
      const reply = await ask(server, "POST", "/demo/?delete", { headers: { "Content-MD5": md5 }, body });
      assert.equal(reply.status, 200);
      for (const name of names) objects.delete(name);
    },
);

const copy = fc.tuple(key, key).map(
  ([from, to]): Step =>
    async (server, { objects }) => {
      const headers = { "x-oss-copy-source": pathOf(from) };
      const reply = await ask(server, "PUT", pathOf(to), { headers });
      const found = objects.get(from);
      assert.equal(reply.code, found === undefined ? "NoSuchKey" : undefined);
      if (found !== undefined) objects.set(to, found);
    },
);

const list: fc.Arbitrary<Step> = fc.constant(async (server, { objects }) => {
  const root = parseXml((await ask(server, "GET", "/demo/?list-type=2")).body.toString());
  const found = childrenOf(root, "Contents").map((item) => [
    textOf(item, "Key"),
    Number(textOf(item, "Size")),
  ]);
  const sorted = [...objects].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(
    found,
    sorted.map(([name, body]) => [name, body.length]),
  );
});

const begin = key.map(
  (name): Step =>
    async (server, { uploads }) => {
      const reply = await ask(server, "POST", `${pathOf(name)}?uploads`);
      const id = textOf(parseXml(reply.body.toString()), "UploadId") ?? assert.fail();
      uploads.push({ id, key: name, parts: new Map() });
    },
);

const part = fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 }), bytes, fc.option(key, { freq: 3 })).map(
  ([which, number, body, from]): Step =>
    async (server, { uploads, objects }) => {
      const upload = uploads[which];
      if (upload === undefined) return;
      const path = `${pathOf(upload.key)}?partNumber=${number}&uploadId=${upload.id}`;
      const source = from === null ? undefined : objects.get(from);
      if (from === null) await ask(server, "PUT", path, { body });
      else await ask(server, "PUT", path, { headers: { "x-oss-copy-source": pathOf(from) } });
      if (from === null) upload.parts.set(number, body);
      else if (source !== undefined) upload.parts.set(number, source);
    },
);

const end = fc.tuple(fc.nat(3), fc.boolean()).map(
  ([which, isCompleted]): Step =>
    async (server, { uploads, objects }) => {
      const upload = uploads[which];
      if (upload === undefined) return;
      const path = `${pathOf(upload.key)}?uploadId=${upload.id}`;
      if (!isCompleted) {
        assert.equal((await ask(server, "DELETE", path)).status, 204);
        uploads[which] = undefined;
        return;
      }
      const headers = { "x-oss-complete-all": "yes" };
      const reply = await ask(server, "POST", path, { headers });
      if (upload.parts.size === 0) {
        assert.equal(reply.status, 400);
        return;
      }
      assert.equal(reply.status, 200);
      const ordered = [...upload.parts].sort(([a], [b]) => a - b).map(([, body]) => body);
      objects.set(upload.key, Buffer.concat(ordered));
      uploads[which] = undefined;
    },
);

const steps = fc.array(fc.oneof(put, put, get, remove, removeMany, copy, list, begin, part, part, end), {
  maxLength: 25,
});

async function check(server: OssServer, { objects, uploads }: Model): Promise<void> {
  assert.deepEqual(new Set(server.keys("demo")), new Set(objects.keys()));
  for (const [name, body] of objects)
    assert.deepEqual(Buffer.from((await server.get("demo", name)) ?? []), body);
  const open = uploads.flatMap((upload) => (upload === undefined ? [] : [upload.id]));
  assert.deepEqual(new Set(server.uploads("demo").map(({ uploadId }) => uploadId)), new Set(open));
}

test("any sequence of operations does what a simple model does, in memory", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      await using server = await startOssServer({ buckets: ["demo"], minPartSize: 0 });
      const model: Model = { objects: new Map(), uploads: [] };
      for (const step of sequence) await step(server, model);
      await check(server, model);
    }),
    { numRuns: RUNS },
  );
});

test("any sequence of operations does what a simple model does, on disk, with a restart between any two", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
      async (sequence, restarts) => {
        await using folder = await temporaryFolder();
        const options = { buckets: ["demo"], minPartSize: 0, data: folder.path };
        const model: Model = { objects: new Map(), uploads: [] };
        let server = await startOssServer(options);
        try {
          for (const [index, step] of sequence.entries()) {
            await step(server, model);
            if (restarts[index] === true) {
              await server.close();
              server = await startOssServer(options);
            }
          }
          await check(server, model);
        } finally {
          await server.close();
        }
      },
    ),
    { numRuns: Math.ceil(RUNS / 3) },
  );
});
