import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const STAMPS = ".cache/built.json";

/**
 * What is built, by name: `dist`, and each `opt/<plugin>` that has a source. `inputs` and `outputs` give the hash of the
 * content, so neither a checkout, a copy nor a clock makes a difference.
 *
 * @typedef {{ name: string, inputs: () => string, outputs: () => string }} Target
 * @param {string} folder
 * @returns {Target[]}
 */
export function targets(folder) {
  const hash = (paths) => hashOf(folder, paths);
  const sources = (below) => filesIn(folder, below).filter((path) => !path.endsWith(".test.ts"));
  const common = [
    "package-lock.json",
    "scripts/build.ts",
    ...sources("scripts/build"),
    ...sources("core/plugin/authoring"),
  ];
  const core = {
    name: "dist",
    inputs: () => hash([...common, "tsconfig.json", ...sources("core")]),
    outputs: () => hash(filesIn(folder, "dist")),
  };
  const plugins = pluginsIn(folder).map((name) => ({
    name,
    inputs: () => hash([...common, "LICENSE", `${name}/package.json`, ...sources(`${name}/src`)]),
    outputs: () => hash(BUNDLE_FILES.map((file) => `${name}/${file}`)),
  }));
  return [core, ...plugins];
}

const BUNDLE_FILES = ["index.cjs", "index.cjs.map", "LICENSE", "THIRD-PARTY-NOTICES"];

/** @param {string} folder */
export function staleTargets(folder) {
  const stamps = readStamps(folder);
  return targets(folder).filter((target) => {
    const stamp = stamps[target.name];
    return stamp === undefined || stamp.inputs !== target.inputs() || stamp.outputs !== target.outputs();
  });
}

export function writeStamp(folder, name, stamp) {
  const file = join(folder, STAMPS);
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...readStamps(folder), [name]: stamp }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function readStamps(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, STAMPS), "utf8"));
  } catch {
    return {};
  }
}

function pluginsIn(folder) {
  const opt = join(folder, "opt");
  if (!existsSync(opt)) return [];
  return readdirSync(opt)
    .filter((name) => existsSync(join(opt, name, "src", "index.ts")))
    .sort()
    .map((name) => `opt/${name}`);
}

/** Every file below `below`, relative to `folder`, with `/`; none when it does not exist. */
function filesIn(folder, below) {
  const root = join(folder, below);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
}

/** A file that is missing counts as one more content, not as an error. */
function hashOf(folder, paths) {
  const all = createHash("sha256");
  for (const path of paths.toSorted()) {
    const file = join(folder, path);
    const content = existsSync(file) ? createHash("sha256").update(readFileSync(file)).digest("hex") : "-";
    all.update(`${path}\0${content}\n`);
  }
  return all.digest("hex");
}
