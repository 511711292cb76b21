/**
 * `node --import ./scripts/test/typescript.mjs`: runs TypeScript that is ES modules, imported by their file names, as
 * the repository's own is. tsx can do more, and takes 0.25 s of processor time of every process to start; there are
 * hundreds in a run of the tests.
 */
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import { compiled } from "./compiled.mjs";

// What a plugin is made of has a query, which its own tsx gave it.
const isOwn = (url) => url.startsWith("file:") && url.endsWith(".ts") && !url.includes("/node_modules/");

/** Node's `resolve` hook. Between such modules a specifier is where the file is. */
export function resolve(specifier, context, next) {
  const { parentURL = "" } = context;
  // A worker that plugfs starts from its sources registers tsx first; here it has these hooks.
  if (parentURL.startsWith("data:") && specifier.endsWith("/tsx/dist/esm/api/index.mjs")) {
    return {
      url: "data:text/javascript,export function register() {}",
      format: "module",
      shortCircuit: true,
    };
  }
  const url = specifier.startsWith(".") && isOwn(parentURL) ? new URL(specifier, parentURL).href : "";
  return isOwn(url) ? { url, format: "module", shortCircuit: true } : next(specifier, context);
}

/** Node's `load` hook. Answers at once, as the synchronous hooks want it. */
export function load(url, context, next) {
  if (!isOwn(url)) return next(url, context);
  return { format: "module", source: compiled(fileURLToPath(url)), shortCircuit: true };
}

// The hooks' own thread imports this module too, to have its hooks.
if (!import.meta.url.endsWith("?hooks")) {
  process.setSourceMapsEnabled(true);
  // Synchronous `load` hooks break CommonJS on Node 22.15 to 22.22.2 and 24.0 to 24.11 (nodejs/node#57327, #61801).
  if (Number.parseInt(process.versions.node, 10) >= 25) nodeModule.registerHooks({ resolve, load });
  else nodeModule.register(`${import.meta.url}?hooks`);
}
