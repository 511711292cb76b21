import type { Files } from "../support/files.ts";
import type { Format } from "./probe-plugin.ts";

/**
 * A plugin whose every part says the same version. `getFileStatus` gives it as the length of `v://x/<part>`: `entry`,
 * `inner`, `data`, `dependency`, `required`, and `lazy`, which is imported at the call.
 */
export function versionedPlugin(format: Format, version: number): Files {
  const module = format === "esm" || format === "ts";
  const typescript = format.startsWith("ts");
  const extension = typescript ? "ts" : "js";
  const head = module
    ? `
      import { FileSystem } from "plugfs";
      import { version as inner } from "./inner.js";
      import dependency from "dependency";
      import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      export { Factory as default };`
    : `
      const { FileSystem } = require("plugfs");
      const { version: inner } = require("./inner");
      const dependency = require("dependency");
      module.exports = class extends Factory {};`;
  return {
    "package.json": {
      name: "versioned",
      ...(module && { type: "module" }),
      exports: `./index.${extension}`,
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: { schemes: ["v"] },
    },
    [`index.${extension}`]: `
      class Factory { scheme = "v"; create() { return new (fileSystem())(); } }
      ${head}
      const parts = {
        entry: () => ${version},
        inner: () => inner,
        data: () => require("./data.json").version,
        dependency: () => dependency.version,
        required: () => require("./required.cjs").version,
        lazy: async () => (await import("./lazy.mjs")).version,
      };
      function fileSystem() {
        return class extends FileSystem {
          capabilities = new Set();
          async getFileStatus(path) {
            const part = parts[path.key];
            return { path, kind: "file", length: await part(), modificationTime: 0 };
          }
          listStatus() {}
          open() {}
        };
      }
    `,
    [`inner.${extension}`]: module
      ? `export const version${typescript ? ": number" : ""} = ${version};`
      : `exports.version = ${version};`,
    "lazy.mjs": `export const version = ${version};`,
    "required.cjs": `exports.version = ${version};`,
    "data.json": { version },
    "node_modules/dependency/package.json": { name: "dependency", version: `${version}.0.0` },
    "node_modules/dependency/index.js": `exports.version = ${version};`,
  };
}

export const PARTS = ["entry", "inner", "data", "dependency", "required", "lazy"];
