import { readFileSync } from "node:fs";

/** The version of the package that this file is part of. */
export function version(): string {
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8"));
      if (name === "plugfs") return `plugfs ${version}`;
    } catch {
      // Compiled code lies one folder deeper than its source.
    }
  }
  return "plugfs";
}
