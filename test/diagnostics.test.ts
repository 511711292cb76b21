/** What a host sees of plugfs: events, counters, logs; and what it must never see in any of them. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { Environment, type OperationEvent, type PluginEvent, type RetryEvent } from "plugfs";
import { recordChannels } from "./support/diagnostics.ts";
import { ossHome } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const OPERATIONS = ["plugfs:operation:start", "plugfs:operation:end", "plugfs:operation:error"];

test("every operation is told: start, end with bytes, error", async () => {
  await using home = await temporaryFolder();
  await using env = await Environment.open({ home: home.path });
  const file = join(home.path, "file");
  using recording = recordChannels<OperationEvent>(...OPERATIONS);
  await env.fs.writeFile(file, "hello");
  assert.equal(await env.fs.readFile(file, "utf8"), "hello");
  await assert.rejects(env.fs.readFile(join(home.path, "missing")), { code: "ENOENT" });

  const uri = `file://${file}`;
  const of = (channel: string, operation: string) =>
    recording.messages
      .filter(
        (told) => told.channel === `plugfs:operation:${channel}` && told.message.operation === operation,
      )
      .map(({ message }) => message);
  assert.equal(of("start", "create")[0]?.path, uri);
  assert.deepEqual(
    of("end", "write").map(({ bytes, scheme, authority }) => ({ bytes, scheme, authority })),
    [{ bytes: 5, scheme: "file", authority: "" }],
  );
  assert.equal(
    of("end", "read").reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    5,
  );
  assert.equal(of("end", "abort").length, 0, "what does nothing after a close is not told");
  const [failed] = of("error", "open");
  assert.equal(failed?.path, `file://${join(home.path, "missing")}`);
  assert.equal((failed?.error as { code?: string } | undefined)?.code, "ENOENT");
  assert.ok((failed?.durationMs ?? -1) >= 0);
  const ended = recording.messages.filter(({ channel }) => channel !== "plugfs:operation:start");
  assert.equal(ended.length * 2, recording.messages.length);
});

test("the counters say what was moved and what is open", async () => {
  await using home = await temporaryFolder();
  await using env = await Environment.open({ home: home.path });
  assert.deepEqual(env.metrics(), []);
  const file = join(home.path, "file");
  await env.fs.writeFile(file, Buffer.alloc(100_000));
  const fs = await env.fileSystem(file);
  const { path } = await fs.getFileStatus((await import("plugfs")).Path.parse(file));
  const stream = await fs.open(path);
  await stream.readAt(10, new Uint8Array(1000));
  const output = await fs.create(path.parent?.child("other") ?? path);
  const writer = await fs.createRecoverableWriter();
  const recoverable = await writer.open(path.parent?.child("third") ?? path);
  await recoverable.write(new Uint8Array(5));
  const { operations, errors, ...now } = env.metrics()[0] ?? assert.fail();
  assert.ok(operations > 5);
  assert.deepEqual(now, {
    scheme: "file",
    authority: "",
    bytesRead: 1000,
    bytesWritten: 100_005,
    openInputs: 1,
    openOutputs: 2,
  });
  await stream.close();
  await stream.close();
  await output.abort();
  await recoverable[Symbol.asyncDispose]();
  await assert.rejects(fs.open(path.child("x")));
  const after = env.metrics()[0];
  assert.deepEqual([after?.openInputs, after?.openOutputs, after?.errors], [0, 0, errors + 1]);
});

test("a plugin's life and a store's retries are told", async () => {
  await using home = await ossHome();
  const env = await home.open();
  using plugins = recordChannels<PluginEvent>("plugfs:plugin");
  using retries = recordChannels<RetryEvent>("plugfs:retry");
  home.server.faults.add({ operation: "HeadObject", times: 1, fault: { kind: "throttle" } });
  await assert.rejects(env.fs.stat("oss://demo/x"), { code: "ENOENT" });
  await env.plugins.reload("oss-fs");
  await env.plugins.unload("oss-fs");
  assert.deepEqual(
    plugins.messages.map(({ message: { event, id, version } }) => ({ event, id, version })),
    ["loaded", "loaded", "retired", "retired"].map((event) => ({ event, id: "oss-fs", version: "1.0.0" })),
  );
  const [retry] = retries.messages;
  assert.equal(retry?.message.scheme, "oss");
  assert.equal(retry?.message.attempt, 1);
  assert.ok((retry?.message.delayMs ?? -1) >= 0);
  assert.equal(retries.messages.length, 1);
});

test("a call runs in the store that is bound to its start, and its retries too", async () => {
  await using home = await ossHome();
  const env = await home.open();
  await env.fs.writeFile("oss://demo/x", "y");
  const storage = new AsyncLocalStorage<OperationEvent>();
  const outer: unknown[] = [];
  const retried: (OperationEvent | undefined)[] = [];
  const onRetry = () => retried.push(storage.getStore());
  const start = channel("plugfs:operation:start");
  start.bindStore(storage, (event) => {
    outer.push(storage.getStore());
    return event as OperationEvent;
  });
  subscribe("plugfs:retry", onRetry);
  try {
    home.server.faults.add({ operation: "HeadObject", times: 1, fault: { kind: "throttle" } });
    await env.fs.stat("oss://demo/x");
    assert.equal(storage.getStore(), undefined);
  } finally {
    start.unbindStore(storage);
    unsubscribe("plugfs:retry", onRetry);
  }
  assert.deepEqual(outer, [undefined], "a store is taken from the context of the caller");
  assert.deepEqual(
    retried.map((event) => [event?.operation, event?.path]),
    [["getFileStatus", "oss://demo/x"]],
  );
});

test("nothing that is told, logged, thrown or printed holds a secret", async () => {
  const secret = "canary-7f3a9c-secret";
  const token = "canary-55e1d0-token";
  await using home = await ossHome({}, { "fs.oss.accessKeySecret": secret, "fs.oss.securityToken": token });
  const said: string[] = [];
  const keep = (...values: unknown[]) => {
    for (const value of values) {
      said.push(inspect(value, { depth: 12, showHidden: true, getters: true }), String(value));
      said.push(JSON.stringify(value) ?? "");
      if (value instanceof Error) keep(value.stack, value.cause);
    }
  };
  const logger = { debug: keep, info: keep, warn: keep, error: keep };
  using told = recordChannels<object>(...OPERATIONS, "plugfs:plugin", "plugfs:retry");
  const env = await home.open({ logger });
  home.server.faults.add({ times: 1, fault: { kind: "throttle" } });
  const fails = async (call: () => Promise<unknown>) => {
    const error = await call().then(
      () => assert.fail("it should have failed"),
      (thrown: unknown) => thrown,
    );
    keep(error);
  };
  // The server knows another secret, so everything is refused.
  await fails(() => env.fs.readFile("oss://demo/x"));
  await fails(() => env.fs.writeFile("oss://demo/x", "y"));
  await fails(() => env.fs.readdir("oss://demo"));
  await fails(() => env.execute("nothing"));
  await fails(() => env.fs.stat(`oss://user:${secret}@demo/x`));
  await fails(() =>
    Environment.open({
      home: home.path,
      configuration: { "fs.oss.multipart.upload.size": "wrong", "fs.oss.accessKeySecret": secret },
    }).then((other) => other.fs.stat("oss://demo/x").finally(() => other.close())),
  );
  keep(env, env.configuration, env.fs, env.plugins, env.plugins.list(), env.metrics());
  keep(await env.fileSystem("oss://demo/x"));
  await env.close();
  keep(told.messages);
  assert.ok(told.messages.length > 5);
  for (const text of said) assert.ok(!text.includes(secret) && !text.includes(token), text.slice(0, 500));
});
