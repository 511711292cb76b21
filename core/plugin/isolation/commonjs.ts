/**
 * The rule for CommonJS on every Node: patches `Module._load`, which hands out shared packages, and
 * `Module._resolveFilename`, which keeps everything else inside the plugin's folder. The second is needed beside the
 * resolve hook because `require.resolve` does not pass through hooks before Node 24.15 (nodejs/node#62028).
 */
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { extname } from "node:path";
import { errorCode } from "../../errors/errors.ts";
import type { Isolation } from "./isolation.ts";
import { type CommonJsModule, commonJs } from "./node-internals.ts";
import { refusal } from "./refusal.ts";
import { isBare, isCore, isShared, mayUse, type Root } from "./rule.ts";

const DYNAMIC_IMPORT = /\bimport\s*\(/g;
const MODULE_SYNTAX = /^\s*(?:import|export)\b/m;
/** What stands before an `import(` in a comment, such as `/** @type {`; a quote or `;` before it means code. */
const COMMENT_START = /^\s*(?:\*|\/\/)|\/\*[^"'`;=]*$/;

export function patchCommonJs(isolation: Isolation): void {
  const load = commonJs._load;
  const resolveFilename = commonJs._resolveFilename;

  commonJs._load = function (request, parent, isMain) {
    const root = rootOfModule(parent, isolation);
    if (root !== undefined && isShared(request, root.patterns)) {
      const shared = isolation.shared(root.shared)?.require(request);
      if (shared?.found) return shared.value;
    }
    return load.call(this, request, parent, isMain);
  };

  commonJs._resolveFilename = function (request, parent, isMain, options) {
    const root = rootOfModule(parent, isolation);
    if (root === undefined) return resolveFilename.call(this, request, parent, isMain, options);
    const importer = parent?.filename ?? root.directory;
    if (isShared(request, root.patterns)) {
      // Reached by `require.resolve`, and by `require` where another tool's load hook goes past `Module._load`.
      if (isolation.shared(root.shared)?.require(request).found) {
        return isolation.shim(root.shared, request);
      }
      if (isCore(request)) throw refusal("require", root, request, importer);
    }
    if (isBuiltin(request)) return resolveFilename.call(this, request, parent, isMain, options);
    let file: string;
    try {
      file = resolveFilename.call(this, request, parent, isMain, options);
    } catch (error) {
      if (errorCode(error) !== "MODULE_NOT_FOUND" || !isBare(request)) throw error;
      throw refusal("require", root, request, importer, undefined, error);
    }
    if (!mayUse(root, file) && !isolation.privateFolder.holdsShim(file)) {
      throw refusal("require", root, request, importer, file);
    }
    if (isolation.threaded && commonJs._cache[file] === undefined && reachesModules(file)) {
      isolation.coverModules();
    }
    return file;
  };
}

function rootOfModule(parent: CommonJsModule | null | undefined, isolation: Isolation): Root | undefined {
  const file = parent?.filename;
  return typeof file === "string" ? isolation.rootOf(file) : undefined;
}

/** Where ES modules need the hook thread it is started for the first CommonJS file that could import one. */
function reachesModules(file: string): boolean {
  const extension = extname(file);
  if (extension === ".mjs") return true;
  if (extension !== ".js" && extension !== ".cjs") return false;
  let source: string;
  try {
    source = readFileSync(file, "utf8");
  } catch {
    return false;
  }
  for (const { index } of source.matchAll(DYNAMIC_IMPORT)) {
    const before = source.slice(source.lastIndexOf("\n", index) + 1, index);
    if (!COMMENT_START.test(before)) return true;
  }
  // Node takes a `.js` file with module syntax for an ES module whatever the manifest says.
  return extension === ".js" && MODULE_SYNTAX.test(source);
}
