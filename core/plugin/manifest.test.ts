import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { entryOf } from "./entry.ts";
import { ManifestProblem, parseManifest } from "./manifest.ts";

test("a whole manifest", () => {
  assert.deepEqual(
    parseManifest({
      name: "memory-fs",
      version: "1.2.0",
      type: "module",
      exports: "./index.ts",
      dependencies: { a: "1" },
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: {
        schemes: ["mem", "mem"],
        contract: "./contract.test.ts",
        options: { "fs.mem.limit": { type: "memory", default: "64 mb" }, "fs.mem.pin": { secret: true } },
        shemes: [],
      },
    }),
    {
      name: "memory-fs",
      version: "1.2.0",
      type: "module",
      apiRange: "^1.0.0",
      schemes: ["mem"],
      options: {
        "fs.mem.limit": { type: "memory", default: "64 mb" },
        "fs.mem.pin": { type: "string", secret: true },
      },
      dependencies: ["a", "plugfs"],
      contract: "./contract.test.ts",
      entry: "index.ts",
      warnings: ["plugfs.shemes is unknown; known are schemes, options, contract"],
    },
  );
});

test("an empty manifest has Node's defaults", () => {
  assert.deepEqual(parseManifest({}), {
    type: "commonjs",
    options: {},
    dependencies: [],
    entry: "index.js",
    warnings: [],
  });
});

test("every wrong field is named by its path", () => {
  const wrong = (json: unknown, message: RegExp) =>
    assert.throws(
      () => parseManifest(json),
      (error: Error) => error instanceof ManifestProblem && message.test(error.message),
    );
  wrong([], /package\.json: must be an object/);
  wrong({ plugfs: { schemes: "oss" } }, /plugfs\.schemes: must be a list/);
  wrong({ plugfs: { schemes: ["ok", "Not"] } }, /plugfs\.schemes\[1\]: .*"Not"/);
  wrong({ plugfs: [] }, /plugfs: must be an object/);
  wrong({ peerDependencies: { plugfs: 1 } }, /peerDependencies\.plugfs: must be a string/);
  wrong({ plugfs: { options: { "a.b": 1 } } }, /plugfs\.options\["a\.b"\]: must be an object/);
  wrong(
    { plugfs: { options: { "a.b": { secret: "yes" } } } },
    /plugfs\.options\["a\.b"\]\.secret: must be true or false/,
  );
  wrong({ name: "", version: 2 }, /name: .*; version: /);
});

test("any JSON is a manifest or a manifest problem", () => {
  const keys = fc.constantFrom(
    "name",
    "version",
    "type",
    "exports",
    "main",
    "plugfs",
    "peerDependencies",
    "dependencies",
  );
  fc.assert(
    fc.property(fc.dictionary(keys, fc.jsonValue()), (json) => {
      try {
        parseManifest(json);
      } catch (error) {
        assert.ok(error instanceof ManifestProblem, String(error));
      }
    }),
  );
});

test("the entry: exports by Node's conditions, else main, else index.js", () => {
  const entry = (manifest: Record<string, unknown>) => {
    const found = entryOf(manifest);
    return "path" in found ? found.path : found.problem;
  };
  assert.equal(entry({}), "index.js");
  assert.equal(entry({ main: "./lib/a.js" }), "lib/a.js");
  assert.equal(entry({ main: "lib/a.js" }), "lib/a.js");
  assert.equal(entry({ main: "." }), "index.js");
  assert.equal(entry({ main: "a.js", exports: "./b.js" }), "b.js");
  assert.equal(entry({ exports: { ".": "./b.js", "./sub": "./c.js" } }), "b.js");
  assert.equal(
    entry({ exports: { types: "./t.d.ts", browser: "./x.js", import: "./i.mjs", require: "./r.cjs" } }),
    "i.mjs",
  );
  assert.equal(entry({ exports: { ".": { node: { require: "./r.cjs" }, default: "./d.js" } } }), "r.cjs");
  assert.equal(entry({ exports: [{ deno: "./x.js" }, "./b.js"] }), "b.js");
  assert.match(entry({ exports: { "./sub": "./c.js" } }), /exports\["\."\]: no condition/);
  assert.match(entry({ exports: "b.js" }), /must be a path that begins with "\.\/"/);
  assert.match(entry({ exports: "./../b.js" }), /must be a path/);
  assert.match(entry({ main: "../b.js" }), /inside the plugin's folder/);
});
