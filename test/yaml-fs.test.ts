/**
 * Two plugins of test/fixtures hold two majors of one library, while the core itself uses the newer one: each gets its own.
 * What yaml-fs keeps of the contract is seen in `npm run check-authors`, where npm installs its dependency.
 */
import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Environment } from "plugfs";
import { temporaryFolder } from "./support/temporary-folder.ts";

const PLUGIN = fileURLToPath(new URL("fixtures/plugins/yaml-fs", import.meta.url));
const modules = (name: string) => fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));

test("two plugins with two majors of yaml, which the core uses as well", async () => {
  await using home = await temporaryFolder();
  const place = async (id: string, library: string, edit = (text: string) => text) => {
    const target = join(home.path, "plugins", id);
    await cp(PLUGIN, target, { recursive: true });
    for (const file of ["package.json", "index.js"]) {
      await writeFile(join(target, file), edit(await readFile(join(target, file), "utf8")));
    }
    await cp(modules(library), join(target, "node_modules/yaml"), { recursive: true });
  };
  await place("yaml-fs", "yaml-1");
  await place("yaml-now-fs", "yaml", (text) =>
    text.replaceAll('"yaml"', '"yaml-now"').replace('from "yaml-now"', 'from "yaml"'),
  );
  const document = join(home.path, "conf/document.yaml");
  await mkdir(dirname(document));
  await writeFile(document, "a:\n  b: text\n  c: [1, 2]\n  d: {}\n");
  await writeFile(join(home.path, "conf/config.yaml"), `fs.yaml.document: ${document}\n`);

  await using env = await Environment.open({ home: home.path });
  assert.equal(await env.fs.readFile("yaml://x/.library", "utf8"), "yaml 1");
  assert.equal(await env.fs.readFile("yaml-now://x/.library", "utf8"), "yaml 2");
  for (const scheme of ["yaml", "yaml-now"]) {
    assert.deepEqual(await env.fs.readdir(`${scheme}://x/a`), ["b", "c", "d"]);
    assert.equal(await env.fs.readFile(`${scheme}://x/a/c`, "utf8"), "[1,2]");
    await assert.rejects(env.fs.readFile(`${scheme}://x/a/b/e`), { code: "ENOENT" });
  }
});
