/** What a plugin in a worker can do to its host: nothing but fail. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Environment, type EnvironmentOptions, FileSystemError, Path, type PluginEvent } from "plugfs";
import { recordChannels } from "../support/diagnostics.ts";
import { writeFiles } from "../support/files.ts";
import { fromSource } from "../support/from-source.ts";
import { ossHome } from "../support/oss-home.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ROGUE } from "./rogue.ts";

async function rogue(options: EnvironmentOptions = {}) {
  const folder = await temporaryFolder();
  await writeFiles(join(folder.path, "plugins/rogue"), ROGUE);
  const log: { level: string; fields: object; message: string }[] = [];
  const keep = (level: string) => (fields: object, message: string) =>
    void log.push({ level, fields, message });
  const env = await Environment.open({
    home: folder.path,
    logger: { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") },
    ...options,
    configuration: { "plugin.worker": ["rogue"], ...(options.configuration as object) },
  });
  const at = (key: string) => Path.parse(`rogue://x/${key}`);
  return {
    env,
    log,
    at,
    path: folder.path,
    fs: await env.fileSystem("rogue://x"),
    async [Symbol.asyncDispose]() {
      await env.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

for (const [deed, reason, settings] of [
  ["exit", /exit 3/, {}],
  ["throw", /uncaught: thrown outside of a call/, {}],
  ["reject", /uncaught: rejected outside of a call/, {}],
  ["heap", /heap.*plugin\.worker\.memory/, { "plugin.worker.memory": "32 mb" }],
  ["spin", /watchdog.*plugin\.worker\.watchdog/, { "plugin.worker.watchdog": "500 ms" }],
] as const) {
  test(`a plugin in a worker: ${deed}`, async () => {
    await using set = await rogue({ configuration: settings });
    const { fs, at } = set;
    const input = await fs.open(at("data"));
    await input.read(new Uint8Array(10));
    const output = await fs.create(at("data"));
    using events = recordChannels<PluginEvent>("plugfs:plugin");
    const crashed = { code: "ERR_PLUGIN_CRASHED", id: "rogue", phase: "run", message: reason };
    await Promise.all([
      assert.rejects(fs.getFileStatus(at(deed)), crashed),
      assert.rejects(fs.getFileStatus(at("hang")), crashed),
    ]);
    await assert.rejects(input.read(new Uint8Array(1)), crashed);
    await assert.rejects(output.close(), crashed);
    await output.abort();
    await input.close();
    // The next call starts it again, at once.
    const started = performance.now();
    assert.equal((await fs.getFileStatus(at("fine"))).length, 7);
    assert.ok(performance.now() - started < 30_000);
    const told = events.messages.map(({ message: { event } }) => event);
    assert.deepEqual(told, ["crashed", "restarted"]);
    assert.ok(set.log.some(({ level, message }) => level === "error" && reason.test(message)));
  });
}

test("calls wait longer after each further crash, and one that succeeds resets that", async () => {
  await using set = await rogue();
  const crash = () => assert.rejects(set.fs.getFileStatus(set.at("exit")), { code: "ERR_PLUGIN_CRASHED" });
  const began = performance.now();
  await crash();
  await crash();
  const atOnce = performance.now() - began;
  await crash();
  assert.ok(performance.now() - began >= 1000, "the third start waits a second after the second crash");
  assert.equal((await set.fs.getFileStatus(set.at("fine"))).length, 7);
  assert.ok(performance.now() - began >= 3000, "the fourth waits two");
  const after = performance.now();
  await crash();
  assert.equal((await set.fs.getFileStatus(set.at("fine"))).length, 7);
  assert.ok(performance.now() - after < 2000 + atOnce);
});

test("globals, prototypes and environment of the host are not the plugin's", async () => {
  await using set = await rogue();
  assert.equal((await set.fs.getFileStatus(set.at("globals"))).length, 1);
  assert.equal(Reflect.get(globalThis, "rogue"), undefined);
  assert.equal(Reflect.get([], "rogue"), undefined);
  assert.equal(process.env.ROGUE, undefined);
});

test("errors, signals, configuration, listings and the logger cross the port", async () => {
  await using set = await rogue({ configuration: { "rogue.setting": 42 } });
  const { fs, at } = set;
  assert.equal((await fs.getFileStatus(at("setting"))).length, 42);
  const refused = await fs.getFileStatus(at("refuse")).catch((error) => error);
  assert.ok(refused instanceof FileSystemError);
  const { code, path, operation, plugin, storeCode, requestId, retryable, message } = refused;
  assert.deepEqual(
    { code, path, operation, plugin, storeCode, requestId, retryable },
    {
      code: "EBUSY",
      path: "rogue://x/refuse",
      operation: "getFileStatus",
      plugin: "rogue",
      storeCode: "Slow",
      requestId: "r1",
      retryable: true,
    },
  );
  assert.match(message, /Wait/);
  const odd = await fs.getFileStatus(at("odd")).catch((error) => error);
  assert.equal(odd.code, "EIO");
  assert.equal(odd.cause.name, "RangeError");
  assert.equal(odd.cause.code, "ODD");
  assert.equal(odd.cause.cause.message, "deep");

  const controller = new AbortController();
  const hanging = fs.getFileStatus(at("hang"), { signal: controller.signal });
  const reason = { mine: true };
  setImmediate(() => controller.abort(reason));
  await assert.rejects(hanging, (thrown) => thrown === reason);

  const lengths: number[] = [];
  for await (const { length } of fs.listStatus(at("folder"))) lengths.push(length);
  assert.deepEqual(
    lengths,
    Array.from({ length: 1000 }, (_, i) => i),
  );
  const [listed] = set.log.filter(({ message }) => message === "listed");
  assert.equal(listed?.level, "warn");
  assert.equal((listed?.fields as { plugin?: string } | undefined)?.plugin, "rogue");
});

test("reading ahead keeps positions: chunks left early, seeks within, reads after", async () => {
  await using set = await rogue();
  await using stream = await set.fs.open(set.at("data"));
  const expected = (position: number) => position % 251;
  for await (const chunk of stream.chunks()) {
    assert.equal(chunk[0], 0);
    break;
  }
  const after = stream.position;
  assert.ok(after > 0 && after <= 256 * 1024);
  const into = new Uint8Array(10);
  assert.equal(await stream.read(into), 10);
  assert.equal(into[0], expected(after));
  stream.seek(1000);
  let count = 0;
  for await (const chunk of stream.chunks()) {
    count++;
    if (count === 1) {
      assert.equal(chunk[0], expected(1000));
      stream.seek(5000);
    } else {
      assert.equal(chunk[0], expected(5000));
      break;
    }
  }
  stream.seek(0);
  let at = 0;
  for await (const chunk of stream.chunks()) {
    for (let i = 0; i < chunk.length; i += 997) assert.equal(chunk[i], expected(at + i));
    at += chunk.length;
  }
  assert.equal(at, 1e6);
  assert.throws(() => stream.seek(1e6 + 1), { code: "EINVAL" });
});

test("a reload takes a new worker; a recoverable outlives its worker", async () => {
  await using home = await ossHome();
  const env = await home.open({ configuration: { "plugin.worker": "*" } });
  const target = Path.parse("oss://demo/target");
  const first = await (await env.fileSystem(target)).createRecoverableWriter();
  const stream = await first.open(target);
  await stream.write(Buffer.from("before "));
  const recoverable = await stream.persist();
  await stream.write(Buffer.from("lost"));
  await stream[Symbol.asyncDispose]();
  await env.plugins.reload("oss-fs");
  const second = await (await env.fileSystem(target)).createRecoverableWriter();
  await using again = await second.recover(recoverable);
  assert.equal(again.position, 7);
  await again.write(Buffer.from("after"));
  const status = await (await again.closeForCommit()).commit();
  assert.equal(status.length, 12);
  assert.equal(String(await home.server.get("demo", "target")), "before after");
});

test("a host that does not close is not kept alive by its workers", async () => {
  await using folder = await temporaryFolder();
  await writeFiles(join(folder.path, "plugins/rogue"), ROGUE);
  const host = `
    import { Environment } from "plugfs";
    const env = await Environment.open({ home: process.argv[1], configuration: { "plugin.worker": "*" } });
    await env.fs.stat("rogue://x/handle");
    console.log("done");
  `;
  const flags = [...fromSource, "--input-type=module", "-e", host, folder.path];
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, flags, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: environment,
    timeout: 60_000,
  });
  assert.equal(stdout.trim(), "done");
});

for (const [deed, code, reason, settings] of [
  ["process.exit(4)", "ERR_PLUGIN_CRASHED", /exit 4/, {}],
  ["throw new Error('at once')", "ERR_PLUGIN_IMPORT", /at once/, {}],
  ["for (;;);", "ERR_PLUGIN_CRASHED", /watchdog/, { "plugin.worker.watchdog": "500 ms" }],
] as const) {
  test(`a plugin in a worker that ends while it is imported, by ${deed}, is reported, and the others work`, async () => {
    await using set = await rogue({ configuration: { "plugin.worker": "*", ...settings } });
    await writeFiles(join(set.path, "plugins/early"), {
      "package.json": { name: "early", exports: "./index.js", plugfs: { schemes: ["early"] } },
      "index.js": deed,
    });
    await assert.rejects(set.env.fs.stat("early://x/y"), { code, id: "early", message: reason });
    assert.equal((await set.fs.getFileStatus(set.at("fine"))).length, 7);
    const [early] = set.env.plugins.list();
    assert.equal(early?.state, "failed");
    assert.equal((await set.env.fs.stat("rogue://x/fine")).size, 7);
  });
}

test("close ends a worker that does not answer, with the calls that wait for it", async () => {
  await using set = await rogue({ configuration: { "plugin.worker.watchdog": "0" } });
  const spinning = set.fs.getFileStatus(set.at("spin"));
  const failed = assert.rejects(spinning, (error: { code?: string }) => /^ERR_/.test(error.code ?? ""));
  await set.env.close().catch((error: { code?: string }) => assert.equal(error.code, "ERR_PLUGIN_TIMEOUT"));
  await failed;
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === "Worker"),
    [],
  );
});

test("the limits are on unless they are configured", async () => {
  await using set = await rogue();
  const { WORKER_MEMORY, WORKER_WATCHDOG } = await import("../../core/plugin/options.ts");
  assert.equal(set.env.configuration.get(WORKER_MEMORY), 512 * 2 ** 20);
  assert.equal(set.env.configuration.get(WORKER_WATCHDOG), 10_000);
});
