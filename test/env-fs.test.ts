import assert from "node:assert/strict";
import * as node from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Environment } from "plugfs";
import { type Fs, LOCAL_PROGRAMS, PROGRAMS, type Program } from "./env-fs/programs.ts";
import MemoryFileSystemFactory from "./fixtures/plugins/memory-fs/index.ts";
import { ossHome } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const STORES = ["file", "mem", "oss"] as const;
type Store = (typeof STORES)[number];

/** What a call came to: its value, or its code. */
async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

/** Runs a program below a folder, and puts down what came out and what is there in the end. */
async function results(program: Program, fs: Fs, folder: string, store: Store | "node"): Promise<unknown[]> {
  const at = (name: string) => (name === "" ? folder : `${folder}/${name}`);
  await fs.mkdir(at("full/deep"), { recursive: true });
  await fs.mkdir(at("empty"), { recursive: true });
  await fs.writeFile(at("full/b"), "bytes");
  await fs.writeFile(at("full/deep/c"), "");
  await fs.writeFile(at("file"), "Grüße, 世界");
  const found: unknown[] = [];
  for (const step of program.steps(fs, at)) {
    const call = typeof step === "function" ? step : step.call;
    const result = await outcome(call);
    const expected = typeof step === "function" || store === "file" || store === "node" ? undefined : step;
    if (expected === undefined || !(store in expected)) found.push(result);
    else {
      assert.deepEqual(result ?? null, expected[store as "mem" | "oss"] ?? null, String(call));
      found.push("as is known");
    }
  }
  if (program.leavesLinks !== true) found.push((await fs.readdir(folder, { recursive: true })).sort());
  return JSON.parse(
    JSON.stringify(found)
      .replaceAll(folder, "ROOT")
      .replaceAll(/t-\w{6}/g, "t-XXXXXX"),
  );
}

async function asInNode(program: Program, store: Store, fs: Fs, folder: string): Promise<void> {
  await using local = await temporaryFolder();
  const expected = await results(program, nodeFs(), join(local.path, "root"), "node");
  const actual = await results(program, fs, folder, store);
  for (const [i, value] of actual.entries()) if (value === "as is known") expected[i] = value;
  const steps = program.steps(fs, (name) => name).map(String);
  for (const [i, value] of actual.entries())
    assert.deepEqual(value, expected[i], steps[i] ?? "the tree at the end");
}

/** `node:fs/promises`, with the streams that Node keeps in `node:fs`. */
function nodeFs(): Fs {
  return { ...node, ...streams } as unknown as Fs;
}
const streams = await import("node:fs").then(({ createReadStream, createWriteStream }) => ({
  createReadStream,
  createWriteStream,
}));

test("programs written for node:fs/promises run unchanged on file:", async (t) => {
  await using env = await Environment.open();
  for (const program of [...PROGRAMS, ...LOCAL_PROGRAMS]) {
    await t.test(program.name, async () => {
      await using folder = await temporaryFolder();
      await asInNode(program, "file", env.fs, join(folder.path, "root"));
    });
  }
});

test("programs written for node:fs/promises run unchanged on mem:", async (t) => {
  await using env = await Environment.open();
  env.register(new MemoryFileSystemFactory());
  for (const program of PROGRAMS) {
    await t.test(program.name, () => asInNode(program, "mem", env.fs, `mem://x/${program.name}`));
  }
});

test("programs written for node:fs/promises run unchanged on oss:", async (t) => {
  await using home = await ossHome();
  const env = await home.open();
  for (const program of PROGRAMS) {
    await t.test(program.name, () => asInNode(program, "oss", env.fs, `oss://demo/${program.name}`));
  }
});
