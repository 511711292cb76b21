import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { folder, inside, isBare, isShared, mayUse, type Root, rootOf } from "./rule.ts";

const name = fc.stringMatching(/^[\p{L}\p{N} #%?[\]~^&+=@_-]{1,12}$/u);
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => join("/", ...names));

function root(directory: string, more: Partial<Root> = {}): Root {
  return {
    ...folder(directory),
    plugin: "p",
    shared: 0,
    patterns: ["plugfs"],
    extra: [],
    contained: true,
    ...more,
  };
}

test("a folder owns what lies in it, as a file name and as a URL, and no neighbour whose name begins alike", () => {
  fc.assert(
    fc.property(path, path, name, (directory, below, more) => {
      const file = directory + below;
      assert.ok(inside(folder(directory), file));
      assert.ok(inside(folder(directory), pathToFileURL(file).href));
      assert.ok(inside(folder(directory), `${pathToFileURL(file).href}?namespace=1`));
      assert.ok(!inside(folder(directory), directory + more + below));
      assert.ok(!inside(folder(directory), pathToFileURL(directory + more + below).href));
      assert.ok(!inside(folder(directory), directory));
    }),
  );
});

test("the longest root owns a module", () => {
  const outer = root("/plugins/a");
  const inner = root("/plugins/a/vendor/b");
  assert.equal(rootOf("/plugins/a/vendor/b/x.js", [inner, outer]), inner);
  assert.equal(rootOf("/plugins/a/vendor/c.js", [inner, outer]), outer);
  assert.equal(rootOf("/plugins/ab/c.js", [inner, outer]), undefined);
});

test("patterns of shared packages", () => {
  const patterns = ["pino", "@scope/", "@other/one"];
  const shared = [
    "pino",
    "pino/file",
    "@scope/a",
    "@scope/a/b",
    "@other/one",
    "@other/one/x",
    "plugfs",
    "plugfs/x",
  ];
  const own = ["pino-evil", "pin", "@scope", "@scoped/a", "@other/one-more", "plugfs-x", "./pino", "fs"];
  for (const specifier of shared) assert.ok(isShared(specifier, patterns), specifier);
  for (const specifier of own) assert.ok(!isShared(specifier, patterns), specifier);
  assert.ok(isShared("plugfs", []), "always");
});

test("what a module may use", () => {
  const contained = root("/plugins/a", { extra: [folder("/dev/lib")] });
  const may = [
    "node:fs",
    "fs",
    "data:text/javascript,0",
    "/plugins/a/x.js",
    "file:///plugins/a/x.js",
    "/dev/lib/x.js",
  ];
  const mayNot = [
    "/plugins/b/x.js",
    "file:///plugins/ab/x.js",
    "/dev/library/x.js",
    "file:///host/x.js",
    "/etc/passwd",
  ];
  for (const resolved of may) assert.ok(mayUse(contained, resolved), resolved);
  for (const resolved of mayNot) assert.ok(!mayUse(contained, resolved), resolved);
  assert.ok(mayUse(root("/dev/lib", { contained: false }), "/anywhere.js"));
});

test("bare specifiers", () => {
  for (const specifier of ["a", "a/b", "@a/b", "a.js", "..a"]) assert.ok(isBare(specifier), specifier);
  for (const specifier of ["./a", "../a", ".", "..", "/a", "#a", "node:fs", "file:///a", "data:x"]) {
    assert.ok(!isBare(specifier), specifier);
  }
});
