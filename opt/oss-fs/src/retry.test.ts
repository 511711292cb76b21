import assert from "node:assert/strict";
import { test } from "node:test";
import { FileSystemError } from "plugfs";
import { withRetries } from "./retry.ts";

const POLICY = { retries: 3, baseMs: 1, capMs: 4 };
const busy = () => new FileSystemError({ code: "EBUSY", retryable: true });

test("tries again until it works", async () => {
  let calls = 0;
  const result = await withRetries(POLICY, undefined, async () => {
    if (++calls < 3) throw busy();
    return calls;
  });
  assert.equal(result, 3);
});

test("gives up after the policy's retries, with the last error", async () => {
  let calls = 0;
  await assert.rejects(
    withRetries(POLICY, undefined, async () => {
      calls++;
      throw busy();
    }),
    { code: "EBUSY" },
  );
  assert.equal(calls, 4);
});

test("does not repeat what is not retryable", async () => {
  let calls = 0;
  await assert.rejects(
    withRetries(POLICY, undefined, async () => {
      calls++;
      throw new FileSystemError({ code: "EACCES" });
    }),
    { code: "EACCES" },
  );
  assert.equal(calls, 1);
});

test("progress starts the count anew", async () => {
  let calls = 0;
  await assert.rejects(
    withRetries(POLICY, undefined, async (attempt) => {
      if (++calls <= 5) attempt.progress();
      throw busy();
    }),
    { code: "EBUSY" },
  );
  assert.equal(calls, 5 + 3);
});

test("an abort ends the pause with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const started = Date.now();
  await assert.rejects(
    withRetries({ retries: 3, baseMs: 60_000, capMs: 60_000 }, controller.signal, async (attempt) => {
      attempt.waitAtLeast(60_000);
      setImmediate(() => controller.abort(reason));
      throw busy();
    }),
    (error) => error === reason,
  );
  assert.ok(Date.now() - started < 10_000);
});

test("the store's own delay is respected, up to the cap", async () => {
  let calls = 0;
  const started = performance.now();
  await withRetries({ retries: 1, baseMs: 0, capMs: 30 }, undefined, async (attempt) => {
    if (calls++ > 0) return;
    attempt.waitAtLeast(1_000_000);
    throw busy();
  });
  const elapsed = performance.now() - started;
  assert.ok(elapsed >= 28 && elapsed < 5_000, `${elapsed} ms`);
});
