import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { MessageChannel, type TransferListItem } from "node:worker_threads";
import { Batch } from "./batch.ts";

function channel() {
  const { port1, port2 } = new MessageChannel();
  const got: unknown[][] = [];
  const refused: unknown[] = [];
  port2.on("message", (messages: unknown[]) => got.push(messages));
  const batch = new Batch<unknown>(
    (messages, transfer) => port1.postMessage(messages, transfer as readonly TransferListItem[]),
    (message, error) => refused.push([message, (error as Error).name]),
  );
  return { batch, got, refused, [Symbol.dispose]: () => port1.close() };
}

test("what is said within one turn is one message, in order, with all that it transfers", async () => {
  using set = channel();
  const buffers = [new ArrayBuffer(1), new ArrayBuffer(2)];
  set.batch.add(1);
  for (const buffer of buffers) set.batch.add(buffer, [buffer]);
  await Promise.resolve().then(() => set.batch.add(2));
  while (set.got.length === 0) await setImmediate();
  assert.deepEqual(set.got, [[1, new ArrayBuffer(1), new ArrayBuffer(2), 2]]);
  assert.deepEqual(
    buffers.map(({ byteLength }) => byteLength),
    [0, 0],
  );
  set.batch.add(3);
  set.batch.flush();
  set.batch.add(4);
  while (set.got.length < 3) await setImmediate();
  assert.deepEqual(set.got.slice(1), [[3], [4]]);
});

test("what cannot be cloned is refused, and the rest arrives", async () => {
  using set = channel();
  const buffer = new ArrayBuffer(1);
  const wrong = { no: () => {} };
  set.batch.add(buffer, [buffer]);
  set.batch.add(wrong);
  set.batch.add("after");
  while (set.got.length < 2) await setImmediate();
  assert.deepEqual(set.got, [[new ArrayBuffer(1)], ["after"]]);
  set.batch.add(wrong);
  await setImmediate();
  assert.deepEqual(set.refused, [
    [wrong, "DataCloneError"],
    [wrong, "DataCloneError"],
  ]);
});
