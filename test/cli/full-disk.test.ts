import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { command, type Ended, plugfs } from "./plugfs.ts";

/** A store that takes 1000 bytes, and then is full; what arrives whole is in a file of its plugin's folder. */
const FULL_FS = `
import { writeFileSync } from "node:fs";
import { FileSystem, FileSystemError, SerialOutputStream } from "plugfs";

class FullFileSystem extends FileSystem {
  capabilities = new Set(["write"]);
  room = 1000;
  async getFileStatus(path) {
    throw new FileSystemError({ code: "ENOENT", path });
  }
  async *listStatus(path) {
    throw new FileSystemError({ code: "ENOENT", path });
  }
  async create(path) {
    const chunks = [];
    return new SerialOutputStream({
      path,
      write: async (bytes) => {
        this.room -= bytes.length;
        if (this.room < 0) throw new FileSystemError({ code: "ENOSPC", path });
        chunks.push(Buffer.from(bytes));
      },
      finish: async () => {
        writeFileSync(new URL("arrived-" + path.name, import.meta.url), Buffer.concat(chunks));
        const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        return { path, kind: "file", length, modificationTime: Date.now() };
      },
      discard: async () => {},
    });
  }
}
export default class { scheme = "full"; create() { return new FullFileSystem(); } }
`;

test("a store that is full ends a transfer at once: what arrived is whole, the rest is not there", async () => {
  await using home = await temporaryFolder();
  await writeFiles(home.path, {
    "conf/config.yaml": "",
    "plugins/full-fs/index.js": FULL_FS,
    "plugins/full-fs/package.json": {
      name: "full-fs",
      type: "module",
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: { schemes: ["full"] },
    },
    ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`many/${i}`, "x".repeat(300)])),
    one: "y".repeat(5000),
  });
  const arrived = async () =>
    (await readdir(join(home.path, "plugins/full-fs"))).filter((name) => name.startsWith("arrived-"));

  const whole = await plugfs(["cp", "one", "full://disk/one"], { cwd: home.path });
  assert.equal(whole.code, 1);
  assert.match(whole.stderr, /^plugfs cp: ENOSPC: [^\n]*full:\/\/disk\/one[^\n]*Free some space[^\n]*\n$/);
  assert.deepEqual(await arrived(), []);

  const many = await plugfs(["cp", "-r", "-p1", "many", "full://disk/many"], { cwd: home.path });
  assert.equal(many.code, 1);
  assert.match(
    many.stderr,
    /^3 files copied before it stopped\.\nplugfs cp: ENOSPC: [^\n]*Free some space[^\n]*\n$/,
  );
  assert.equal((await arrived()).length, 3);
  const moved = await plugfs(["mv", "one", "full://disk/one"], { cwd: home.path });
  assert.equal(moved.code, 1);
  assert.equal((await readFile(join(home.path, "one"))).length, 5000);
});

test("a local file that cannot grow leaves what was there, and nothing beside it", async () => {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { large: "x".repeat(3_000_000), small: "s", "into/large": "old" });
  // In blocks of 512 bytes, in dash and in bash as sh; of 1024 in others.
  const limited = (...args: string[]) => shell(folder.path, 'ulimit -f 1000; exec "$@"', args);
  for (const args of [
    ["cp", "large", "into/large"],
    ["cp", "-r", "large", "small", "into/"],
    ["get", "large", "into/"],
    ["cp", "-", "into/large"],
  ]) {
    const { code, stderr } = await limited(...args);
    assert.equal(code, 1, args.join(" "));
    assert.match(stderr, /^plugfs \w+: EFBIG: [^\n]*into\/large[^\n]*ulimit -f[^\n]*\n$/);
    assert.equal(await readFile(join(folder.path, "into/large"), "utf8"), "old");
  }
  assert.deepEqual((await readdir(join(folder.path, "into"))).sort(), ["large", "small"]);
  const { code } = await limited("mv", "large", "into/moved");
  assert.equal(code, 0, "a rename needs no room");
});

function shell(cwd: string, script: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const words = ["-c", script, "sh", process.execPath, ...command, ...args];
    const child = execFile("sh", words, { cwd }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end("z".repeat(3_000_000));
  });
}
