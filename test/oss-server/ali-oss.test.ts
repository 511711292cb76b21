import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { startOssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";

const FORMS = [
  { name: "V1, bucket in Host", authorizationV4: false, sldEnable: false },
  { name: "V1, bucket in path and Host", authorizationV4: false, sldEnable: true },
  { name: "V1, bucket in path", authorizationV4: false, sldEnable: true, byName: true },
  { name: "V4, bucket in Host", authorizationV4: true, sldEnable: false },
  { name: "V4, bucket in path and Host", authorizationV4: true, sldEnable: true },
  { name: "V4, bucket in path", authorizationV4: true, sldEnable: true, byName: true },
];

for (const { name, byName, ...form } of FORMS) {
  test(`ali-oss works: ${name}`, async (t) => {
    await using server = await startOssServer({ buckets: ["demo"] });
    const region = "oss-cn-hangzhou";
    const endpoint = byName === true ? { endpoint: `http://localhost:${server.port}` } : {};
    const client = aliOss(server, { ...form, ...endpoint, region });
    const key = "folder/a b+c%20?#&=ü中文😀!'()*~.txt";
    const bytes = Buffer.from("0123456789".repeat(100));

    await t.test("put, get, range, head, meta, copy, delete", async () => {
      const put = await client.put(key, bytes, {
        meta: { colour: "blue" },
        headers: { "Cache-Control": "no-cache" },
      });
      const md5 = createHash("md5").update(bytes).digest("hex").toUpperCase();
      assert.equal(put.res.headers.etag, `"${md5}"`);
      assert.deepEqual(Buffer.from((await server.get("demo", key)) ?? []), bytes);
      assert.deepEqual((await client.get(key)).content, bytes);
      const part = await client.get(key, { headers: { Range: "bytes=5-14" } });
      assert.equal(part.res.status, 206);
      assert.equal(part.res.headers["content-range"], "bytes 5-14/1000");
      assert.equal(part.content.toString(), "5678901234");
      const head = await client.head(key);
      assert.deepEqual(head.meta, { colour: "blue" });
      assert.equal(head.res.headers["cache-control"], "no-cache");
      assert.equal((await client.getObjectMeta(key)).res.headers["content-length"], "1000");
      assert.equal((await client.copy("copy", key)).data.etag, `"${md5}"`);
      assert.deepEqual((await client.get("copy")).content, bytes);
      await client.delete("copy");
      await assert.rejects(client.get("copy"), { code: "NoSuchKey", status: 404 });
      await assert.rejects(client.head("copy"), { code: "NoSuchKey", status: 404 });
    });

    await t.test("a stream without a length, an empty object", async () => {
      await client.putStream("streamed", Readable.from([bytes, bytes]));
      assert.equal((await client.get("streamed")).content.length, 2000);
      await client.put("empty", Buffer.alloc(0));
      assert.equal((await client.get("empty")).content.length, 0);
    });

    await t.test("multipart", async () => {
      const { uploadId } = await client.initMultipartUpload("big");
      const first = Buffer.alloc(102_400, 1);
      const one = await client.uploadPart("big", uploadId, 1, first, 0, first.length);
      const source = { sourceKey: key, sourceBucketName: "demo" };
      const two = await client.uploadPartCopy("big", uploadId, 2, "10-19", source);
      assert.equal((await client.listParts("big", uploadId)).parts.length, 2);
      assert.deepEqual(
        (await client.listUploads({ "max-uploads": 10 })).uploads.map((upload) => upload.uploadId),
        [uploadId],
      );
      const done = await client.completeMultipartUpload("big", uploadId, [
        { number: 1, etag: one.etag },
        { number: 2, etag: two.etag },
      ]);
      assert.match(done.etag, /^"[0-9A-F]{32}-2"$/);
      assert.deepEqual((await client.get("big")).content, Buffer.concat([first, bytes.subarray(10, 20)]));
      const other = await client.initMultipartUpload("other");
      await client.abortMultipartUpload("other", other.uploadId);
      assert.deepEqual(server.uploads("demo"), []);
    });

    await t.test("listings", async () => {
      const names: string[] = [];
      let token: string | null = null;
      do {
        const question: object = token === null ? {} : { "continuation-token": token };
        const page = await client.listV2({ "max-keys": 1, ...question });
        names.push(...page.objects.map((object) => object.name));
        token = page.isTruncated ? page.nextContinuationToken : null;
      } while (token !== null);
      assert.deepEqual(names, server.keys("demo"));
      const page = await client.list({ delimiter: "/", "max-keys": 1000 });
      assert.deepEqual(page.prefixes, ["folder/"]);
      assert.deepEqual(
        page.objects.map((object) => object.name),
        ["big", "empty", "streamed"],
      );
    });

    await t.test("ACLs and buckets", async () => {
      await client.putACL(key, "public-read");
      assert.equal((await client.getACL(key)).acl, "public-read");
      await client.putBucket("second");
      const { buckets } = await client.listBuckets();
      assert.deepEqual(
        buckets.map((bucket) => bucket.name),
        ["demo", "second"],
      );
      assert.equal((await client.getBucketInfo("second")).bucket.Location, "oss-cn-hangzhou");
      assert.equal((await client.getBucketLocation("second")).location, "oss-cn-hangzhou");
      await client.deleteBucket("second");
      await assert.rejects(client.deleteBucket("demo"), { code: "BucketNotEmpty", status: 409 });
    });

    await t.test("deleteMulti", async () => {
      const odd = "a&b<c>\"d'e";
      await server.put("demo", odd, "x");
      const { deleted } = await client.deleteMulti([...server.keys("demo"), "never there"]);
      assert.deepEqual(
        new Set(deleted.map((item) => item.Key)),
        new Set([key, odd, "big", "empty", "streamed", "never there"]),
      );
      assert.deepEqual(server.keys("demo"), []);
    });

    await t.test("a wrong secret is refused", async () => {
      const thief = aliOss(server, { ...form, ...endpoint, region, accessKeySecret: "wrong" });
      await assert.rejects(thief.put(key, bytes), { code: "SignatureDoesNotMatch", status: 403 });
      assert.deepEqual(server.keys("demo"), []);
    });
  });
}
