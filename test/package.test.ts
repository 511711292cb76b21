import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, posix } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFile(join(root, path), "utf8");

/** What `npm pack` would put into the tarball. */
let packed: ReadonlySet<string>;

before(async () => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
  });
  // npm 12 keys the list by package name.
  const [{ files }] = Object.values(JSON.parse(stdout)) as [{ files: { path: string }[] }];
  packed = new Set(files.map((file) => file.path));
});

test("the tarball holds the compiled core, the built plugins and what explains them, and nothing else", () => {
  const allowed =
    /^(package\.json|README\.md|LICENSE|plugins\/README\.md|dist\/core\/(.+\.(js|js\.map|d\.ts)|cli\/templates\/.+)|core\/README\.md|opt\/[^/]+\/(package\.json|index\.cjs|index\.cjs\.map|README\.md|LICENSE|THIRD-PARTY-NOTICES))$/;
  assert.deepEqual(
    [...packed].filter(
      (path) => !allowed.test(path) || (path.includes(".test.") && !path.includes("/templates/")),
    ),
    [],
  );
});

test("whatever the manifests promise is in the tarball", async () => {
  const { exports } = JSON.parse(await read("package.json"));
  const promised = Object.values<string | Record<string, string>>(exports).flatMap((target) =>
    typeof target === "string" ? [target] : [target.types, target.default],
  );
  const plugin = JSON.parse(await read("opt/oss-fs/package.json"));
  const all = [
    ...promised.map((path) => posix.normalize(path ?? "")),
    ...["package.json", plugin.exports, ...plugin.files].map((path) => posix.join("opt/oss-fs", path)),
    ...["README.md", "LICENSE", "plugins/README.md"],
  ];
  assert.deepEqual(
    all.filter((path) => !packed.has(path)),
    [],
  );
});

test("a relative import in the compiled code and its declarations leads to a file of the tarball", async () => {
  const missing: string[] = [];
  for (const path of packed) {
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    for (const [, specifier = ""] of (await read(path)).matchAll(/(?:from|import|import\() ?"(\.[^"]+)"/g)) {
      const target = posix.join(dirname(path), specifier);
      const file = path.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target;
      if (!packed.has(file)) missing.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(missing, []);
});

test("nothing in the tarball names a folder of this machine, and each source map holds its sources", async () => {
  for (const path of packed) {
    const text = await read(path);
    for (const place of [root.replace(/\/$/, ""), homedir()]) {
      if (place !== "/") assert.ok(!text.includes(`${place}/`), `${path} names ${place}`);
    }
    if (!path.endsWith(".map")) continue;
    const map = JSON.parse(text);
    assert.ok(
      map.sources.every((source: string) => !source.startsWith("/")),
      path,
    );
    assert.equal(map.sourcesContent?.length, map.sources.length, path);
  }
});
