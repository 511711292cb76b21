import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run, SetupError } from "./command.mjs";

/**
 * Why `node_modules` is not what package-lock.json asks for, in a few words; undefined when it is.
 * `node_modules/.package-lock.json` is npm's own account of what it installed.
 *
 * @param {string} folder
 */
export function installationProblem(folder) {
  const wanted = packagesOf(join(folder, "package-lock.json"));
  if (wanted === undefined) throw new SetupError(`package-lock.json is missing or unreadable in ${folder}`);
  if (!existsSync(join(folder, "node_modules"))) return "node_modules is missing";
  const installed = packagesOf(join(folder, "node_modules", ".package-lock.json"));
  if (installed === undefined) return "node_modules was not installed by npm";

  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    // An optional package is left out on the systems that it is not for.
    if (found === undefined ? !entry.optional : !isSame(entry, found)) {
      return `${path} differs from package-lock.json`;
    }
  }
  for (const path of Object.keys(installed)) {
    if (wanted[path] === undefined) return `${path} is not in package-lock.json`;
    if (!existsSync(join(folder, path, "package.json"))) return `${path} is missing`;
  }
  return undefined;
}

/** `npm ci`, with the development packages whatever NODE_ENV or an outer `npm --dry-run` say. */
export async function install(folder, signal) {
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--no-dry-run", "--no-global"];
  const npm = process.env.npm_execpath;
  const [command, first] =
    npm !== undefined && basename(npm) === "npm-cli.js" ? [process.execPath, [npm]] : ["npm", []];
  await run(command, [...first, ...args], {
    cwd: folder,
    signal,
    failure: "the packages could not be installed",
  });
}

function isSame(wanted, found) {
  return (
    wanted.version === found.version && wanted.integrity === found.integrity && wanted.link === found.link
  );
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, "utf8")).packages;
  } catch {
    return undefined;
  }
}
