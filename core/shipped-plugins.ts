import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The `opt/` folders that may hold plugins to enable: the home's own, and the one that ships with plugfs. */
export function shippedPluginDirectories(home: string): string[] {
  return [join(home, "opt"), ...packageOpt()].filter((directory) => existsSync(directory));
}

/** Beside `core/` in the repository, beside `dist/` in the package; nowhere in a host bundled to one file. */
function packageOpt(): string[] {
  if (typeof import.meta.url !== "string") return [];
  let directory = dirname(fileURLToPath(import.meta.url));
  for (let step = 0; step < 2; step++) {
    directory = dirname(directory);
    if (existsSync(join(directory, "package.json"))) return [join(directory, "opt")];
  }
  return [];
}
