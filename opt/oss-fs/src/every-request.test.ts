/** What has to go with every request of some kind, looked at for every operation that oss-fs ever sends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultRequest } from "../../../test/oss-server/faults.ts";
import type { OssServer } from "../../../test/oss-server/server.ts";
import { BUCKET, list, openFixture, path, read, sample, write } from "../test/support.ts";

const KIB = 1024;

/** Every request from now on, as the server sees it. */
function watch(server: OssServer): FaultRequest[] {
  const seen: FaultRequest[] = [];
  const where = (request: FaultRequest): boolean => {
    seen.push(request);
    return false;
  };
  server.faults.add({ where, fault: { kind: "delay", ms: 0 } });
  return seen;
}

/** Uses everything that a file system can do. */
async function useAll({ fs, server }: Awaited<ReturnType<typeof openFixture>>): Promise<void> {
  await write(fs, "d/small", "small");
  await write(fs, "d/large", sample(250 * KIB));
  await write(fs, "d/small", "replaced", true);
  await fs.mkdirs(path("d/sub"));
  assert.equal((await read(fs, "d/small")).toString(), "replaced");
  await using input = await fs.open(path("d/large"));
  assert.equal(await input.readAt(100, new Uint8Array(10)), 10);
  await input.readRanges?.([{ position: 0, into: new Uint8Array(10) }]);
  assert.deepEqual(await list(fs, "d", true), ["d/large", "d/small", "d/sub/"]);
  await fs.copy(path("d/small"), path("e/copied"));
  await fs.copy(path("d/large"), path("e/in-parts"));
  await fs.rename(path("e"), path("f"));
  await fs.delete(path("d"), { recursive: true });
  await fs.delete(path("f/copied"));

  const writer = await fs.createRecoverableWriter();
  for (const length of [10, 150 * KIB]) {
    const stream = await writer.open(path(`r/${length}`));
    await stream.write(sample(length));
    const recoverable = await stream.persist();
    await stream[Symbol.asyncDispose]();
    await using again = await writer.recover(recoverable);
    await (await again.closeForCommit()).commit();
  }
  const dropped = await writer.open(path("r/dropped"));
  await dropped.write(sample(150 * KIB));
  await dropped.persist();
  await dropped[Symbol.asyncDispose]();
  for await (const { target, id } of writer.pending(path(""))) await writer.discard(target, id);
  assert.deepEqual(server.keys(BUCKET), ["f/in-parts", "r/10", "r/153600"]);
}

const OPERATIONS = [
  "AbortMultipartUpload",
  "CompleteMultipartUpload",
  "CopyObject",
  "DeleteMultipleObjects",
  "DeleteObject",
  "GetObject",
  "HeadObject",
  "InitiateMultipartUpload",
  "ListMultipartUploads",
  "ListObjectsV2",
  "ListParts",
  "PutObject",
  "UploadPart",
  "UploadPartCopy",
];
/** They make objects, or begin to: a part is encrypted as its upload is. */
const ENCRYPTING = ["CopyObject", "InitiateMultipartUpload", "PutObject"];
/** OSS takes the ACL of an upload with what completes it. */
const OPENING = [...ENCRYPTING, "CompleteMultipartUpload"];

for (const [signature, keys] of [
  ["V1", {}],
  ["V4", { "fs.oss.region": "cn-hangzhou" }],
] as const) {
  test(`requester, user agent, encryption and ACL go with every request that they are for (${signature})`, async () => {
    await using fixture = await openFixture(
      {
        ...keys,
        "fs.oss.requester.pays.enabled": true,
        "fs.oss.user.agent.prefix": "my-job/1",
        "fs.oss.server-side-encryption-algorithm": "AES256",
        "fs.oss.acl.default": "public-read",
        "fs.oss.multipart.upload.size": "100 kb",
        "fs.oss.upload.active.blocks": 2,
      },
      { maxCopySizeInBucket: 200 * KIB },
    );
    const seen = watch(fixture.server);
    await useAll(fixture);
    assert.deepEqual([...new Set(seen.map(({ operation }) => operation))].sort(), OPERATIONS);
    for (const { operation, key, headers } of seen) {
      assert.deepEqual(
        {
          payer: headers.get("x-oss-request-payer"),
          agent: /^my-job\/1 /.test(headers.get("user-agent") ?? ""),
          encryption: headers.get("x-oss-server-side-encryption"),
          acl: headers.get("x-oss-object-acl"),
          signature: headers.get("authorization")?.startsWith("OSS4-") ? "V4" : "V1",
        },
        {
          payer: "requester",
          agent: true,
          encryption: ENCRYPTING.includes(operation) ? "AES256" : undefined,
          acl: OPENING.includes(operation) ? "public-read" : undefined,
          signature,
        },
        `${operation} of ${key}`,
      );
    }
  });
}

test("without their keys none of them is sent, and the store decides", async () => {
  await using fixture = await openFixture({ "fs.oss.multipart.upload.size": "100 kb" });
  const seen = watch(fixture.server);
  await useAll(fixture);
  for (const { headers, operation } of seen) {
    for (const name of ["x-oss-request-payer", "x-oss-server-side-encryption", "x-oss-object-acl"]) {
      assert.equal(headers.get(name), undefined, operation);
    }
  }
});
