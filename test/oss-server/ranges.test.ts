import assert from "node:assert/strict";
import { test } from "node:test";
import { crc64 } from "./crc64.ts";
import { ask } from "./support/ask.ts";
import { BYTES, serverWithObject } from "./support/one-object.ts";

for (const [range, standard, expected] of [
  [undefined, false, 200],
  ["bytes=0-499", false, [0, 499]],
  ["bytes=500-999", false, [500, 999]],
  ["bytes=999-999", false, [999, 999]],
  ["bytes=500-", false, [500, 999]],
  ["bytes=0-", false, [0, 999]],
  ["bytes=-500", false, [500, 999]],
  ["bytes=-1000", false, [0, 999]],
  ["bytes=0-99,200-299", false, [0, 99]],
  ["byte=0-499", false, 200],
  ["bytes=0-1000", false, 200],
  ["bytes=1000-", false, 200],
  ["bytes=1000-2000", false, 200],
  ["bytes=-1001", false, 200],
  ["bytes=-0", false, 200],
  ["bytes=5-4", false, 200],
  ["bytes=-", false, 200],
  ["bytes=a-b", false, 200],
  ["bytes=0-1000", true, [0, 999]],
  ["bytes=500-2000", true, [500, 999]],
  ["bytes=-2000", true, [0, 999]],
  ["bytes=1000-2000", true, 416],
  ["bytes=1000-", true, 416],
  ["bytes=-0", true, 416],
] as const) {
  const name = `${range ?? "no Range"}${standard ? ", standard behaviour" : ""}`;
  test(`${name} answers ${Array.isArray(expected) ? `206 ${expected.join("-")}` : expected}`, async () => {
    await using server = await serverWithObject();
    const behaviour: Record<string, string> = standard ? { "x-oss-range-behavior": "standard" } : {};
    const headers = { ...behaviour, ...(range === undefined ? {} : { Range: range }) };
    const reply = await ask(server, "GET", "/demo/a", { headers });
    const head = await ask(server, "HEAD", "/demo/a", { headers });
    assert.equal(head.status, reply.status);
    if (expected === 416) {
      assert.deepEqual([reply.status, reply.code, head.code], [416, "InvalidRange", "InvalidRange"]);
      assert.equal(reply.headers["content-range"], "bytes */1000");
      return;
    }
    const [first, last] = expected === 200 ? [0, 999] : expected;
    assert.equal(reply.status, expected === 200 ? 200 : 206);
    assert.deepEqual(reply.body, BYTES.subarray(first, last + 1));
    assert.equal(
      reply.headers["content-range"],
      expected === 200 ? undefined : `bytes ${first}-${last}/1000`,
    );
    assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(BYTES)));
    assert.equal(head.headers["content-length"], String(last + 1 - first));
  });
}

test("ranges of an empty object", async () => {
  await using server = await serverWithObject();
  await server.put("demo", "empty", "");
  const ranged = (range: string, standard: boolean) =>
    ask(server, "GET", "/demo/empty", {
      headers: { Range: range, ...(standard ? { "x-oss-range-behavior": "standard" } : {}) },
    });
  assert.equal((await ranged("bytes=0-0", false)).status, 200);
  assert.equal((await ranged("bytes=-1", false)).status, 200);
  assert.equal((await ranged("bytes=0-0", true)).status, 416);
  assert.equal((await ranged("bytes=-1", true)).status, 416);
});
