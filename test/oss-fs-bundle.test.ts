import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pack } from "../core/plugin/authoring/pack.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ossFs = join(root, "opt/oss-fs");

test("opt/oss-fs, copied without any node_modules, runs with nothing but plugfs beside it", async () => {
  await using folder = await temporaryFolder();
  const copy = join(folder.path, "plugins/oss-fs");
  await mkdir(copy, { recursive: true });
  const manifest = JSON.parse(await readFile(join(ossFs, "package.json"), "utf8"));
  for (const file of ["package.json", ...manifest.files]) await cp(join(ossFs, file), join(copy, file));
  await mkdir(join(folder.path, "node_modules"));
  await symlink(root, join(folder.path, "node_modules/plugfs"));

  const program = `
    const { default: Factory } = require(${JSON.stringify(join(copy, manifest.exports))});
    console.log(new Factory().scheme);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], { cwd: folder.path });
  assert.equal(stdout, "oss\n");
});

test("plugfs plugins pack makes oss-fs with the bytes of the build", async () => {
  await using folder = await temporaryFolder();
  const license = join(root, "LICENSE");
  const { files } = await pack({ directory: ossFs, outDirectory: folder.path, license });
  assert.deepEqual(files, [
    "LICENSE",
    "README.md",
    "THIRD-PARTY-NOTICES",
    "index.cjs",
    "index.cjs.map",
    "package.json",
  ]);
  for (const file of files.filter((name) => name !== "package.json")) {
    const [first, second] = await Promise.all(
      [ossFs, folder.path].map((place) => readFile(join(place, file))),
    );
    assert.ok(first?.equals(second ?? Buffer.of()), `${file} differs`);
  }
});
