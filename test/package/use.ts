/**
 * A host that has plugfs from npm: compiled against the package's declarations with every check on, and run under plain
 * Node.js in a folder outside the repository (scripts/check-package.ts). Its home has oss-fs in plugins/.
 */
import assert from "node:assert/strict";
import { Environment, FsStateBackend, type PluginInfo } from "plugfs";

await using env = await Environment.open({ strict: true });

const plugins: readonly PluginInfo[] = env.plugins.list();
assert.deepEqual(
  plugins.map(({ id, state, schemes }) => [id, state, schemes.map(({ scheme }) => scheme)]),
  [["oss-fs", "active", ["oss"]]],
);

await env.fs.writeFile("oss://demo/in.txt", "one\ntwo\nthree\n");
env.setStateBackend(new FsStateBackend("oss://demo/checkpoints"));
env.enableCheckpointing(1_000);
env
  .readTextFile("oss://demo/in.txt")
  .filter((line) => line.startsWith("t"))
  .map((line) => line.toUpperCase())
  .writeAsText("oss://demo/out.txt");
await env.execute("use-of-the-package");

const text: string = await env.fs.readFile("oss://demo/out.txt", "utf8");
assert.equal(text, "TWO\nTHREE\n");
console.log(`plugfs works from npm: ${plugins.map((plugin) => `${plugin.id} ${plugin.version}`).join(", ")}`);
