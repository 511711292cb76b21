/** TypeScript as JavaScript, kept in `.cache/typescript` by content. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../.cache/typescript", import.meta.url));
const require = createRequire(import.meta.url);
const compiler = require("esbuild/package.json").version;
/** Required when there is something to compile: a process that finds all of it kept starts without. */
const esbuild = () => require("esbuild");

/**
 * The JavaScript of one module.
 *
 * @param {string} file
 * @returns {string}
 */
export function compiled(file) {
  const { source, options, name } = task(file);
  return read(name) ?? keep(name, esbuild().transformSync(source, options).code);
}

/**
 * Compiles what is not kept yet, all at once, and forgets what is of none of these files.
 *
 * @param {readonly string[]} files
 */
export async function compileAll(files) {
  mkdirSync(folder, { recursive: true });
  const have = new Set(readdirSync(folder));
  const tasks = files.map(task);
  const missing = tasks.filter(({ name }) => !have.has(name));
  await Promise.all(
    missing.map(async ({ source, options, name }) => {
      // What does not compile fails in the test that imports it, which says so.
      const result = await esbuild()
        .transform(source, { ...options, logLevel: "silent" })
        .catch(() => undefined);
      if (result !== undefined) keep(name, result.code);
    }),
  );
  const wanted = new Set(tasks.map(({ name }) => name));
  for (const name of have) {
    // A draft of another run is not to be taken away from it.
    if (name.endsWith(".js") && !wanted.has(name)) rmSync(join(folder, name), { force: true });
  }
}

function task(file) {
  const source = readFileSync(file, "utf8");
  const options = {
    loader: "ts",
    format: "esm",
    target: "node20.19",
    sourcefile: file,
    sourcemap: "inline",
    sourcesContent: false,
  };
  const content = JSON.stringify([compiler, options, source]);
  return { source, options, name: `${createHash("sha256").update(content).digest("hex")}.js` };
}

function read(name) {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

/** Whole or not at all: many processes look for the same files. */
function keep(name, code) {
  const draft = join(folder, `${name}.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(draft, code);
  renameSync(draft, join(folder, name));
  return code;
}
