import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { createRequire } from "node:module";
import { test } from "node:test";
import { type OssServer, startOssServer } from "./server.ts";

type Params = Record<string, unknown>;
type Data = Record<string, unknown>;
type Call = (params: Params, done: (error: Error | null, data: Data) => void) => void;

/** Alibaba's older client, with a signer of its own: V1 over `Date`, path style for an IP endpoint. */
function aliyunSdk(server: OssServer, secret = server.accessKeySecret) {
  const { OSS } = createRequire(import.meta.url)("aliyun-sdk") as {
    OSS: new (
      options: object,
    ) => Record<string, Call> & {
      getSignedUrl(operation: string, params: Params): string;
    };
  };
  const client = new OSS({
    accessKeyId: server.accessKeyId,
    secretAccessKey: secret,
    endpoint: server.endpoint,
    apiVersion: "2013-10-15",
    maxRetries: 0,
  });
  const call = (operation: string, params: Params) =>
    new Promise<Data>((resolve, reject) => {
      const bucket = operation === "listBuckets" ? {} : { Bucket: "demo" };
      client[operation]?.({ ...bucket, ...params }, (error, data) => {
        if (error === null) resolve(data);
        else reject(error);
      });
    });
  return { call, client };
}

test("aliyun-sdk works: objects, ranges, copies, listings, batch delete", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const { call } = aliyunSdk(server);
  const Key = "folder/a b+c%20&=中文.txt";
  await call("putObject", { Key, Body: Buffer.from("0123456789"), ContentType: "text/plain" });
  assert.equal(Buffer.from((await server.get("demo", Key)) ?? []).toString(), "0123456789");
  const whole = await call("getObject", { Key });
  assert.equal(String(whole.Body), "0123456789");
  assert.equal(whole.ContentType, "text/plain");
  const part = await call("getObject", { Key, Range: "bytes=2-4" });
  assert.equal(String(part.Body), "234");
  assert.equal(Number((await call("headObject", { Key })).ContentLength), 10);
  await call("copyObject", { Key: "copy", CopySource: `/demo/${encodeURIComponent(Key)}` });
  const listed = await call("listObjects", { Delimiter: "/" });
  assert.deepEqual(
    (listed.Contents as Data[]).map((item) => item.Key),
    ["copy"],
  );
  assert.deepEqual(
    (listed.CommonPrefixes as Data[]).map((item) => item.Prefix),
    ["folder/"],
  );
  const Objects = [{ Key }, { Key: "copy" }];
  await call("deleteObjects", { Delete: { Objects, Quiet: true } });
  assert.deepEqual(server.keys("demo"), []);
});

test("aliyun-sdk uploads in parts", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const { call } = aliyunSdk(server);
  const Key = "big";
  const { UploadId } = await call("createMultipartUpload", { Key });
  const Parts: Data[] = [];
  for (const [index, Body] of [Buffer.alloc(102_400, 1), Buffer.from("end")].entries()) {
    const PartNumber = index + 1;
    const { ETag } = await call("uploadPart", { Key, UploadId, PartNumber: String(PartNumber), Body });
    Parts.push({ PartNumber, ETag });
  }
  assert.equal(((await call("listParts", { Key, UploadId })).Parts as Data[]).length, 2);
  await call("completeMultipartUpload", { Key, UploadId, CompleteMultipartUpload: { Parts } });
  assert.equal((await server.get("demo", Key))?.length, 102_403);
  assert.deepEqual(server.uploads("demo"), []);
});

test("aliyun-sdk makes and lists buckets, signs URLs, and is refused with a wrong secret", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const { call, client } = aliyunSdk(server);
  await call("createBucket", { Bucket: "second" });
  const { Buckets } = await call("listBuckets", {});
  assert.deepEqual(
    (Buckets as Data[]).map((bucket) => bucket.Name),
    ["demo", "second"],
  );
  await server.put("demo", "a", "hello");
  const url = client.getSignedUrl("getObject", { Bucket: "demo", Key: "a", Expires: 60 });
  const [reply] = await once(get(url), "response");
  reply.resume();
  assert.equal(reply.statusCode, 200);
  const thief = aliyunSdk(server, "wrong");
  await assert.rejects(thief.call("getObject", { Key: "a" }), { code: "SignatureDoesNotMatch" });
});
