import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, note, type Section, warning } from "./report.ts";
import { type BundledPackage, declaredLicence } from "./third-party-notices.ts";

/** The plugin's own licence, and those of the packages that it reaches. */
export async function checkLicences(
  directory: string,
  json: Readonly<Record<string, unknown>>,
  packages: readonly BundledPackage[],
): Promise<Section> {
  const findings: Finding[] = [];
  const own = declaredLicence(json);
  const files = await readdir(directory);
  if (own === undefined) {
    findings.push(
      warning("no licence is declared, so nobody else may use the plugin", {
        place: "license",
        hint: "Name one by its SPDX identifier, such as Apache-2.0",
      }),
    );
  } else if (!files.some((file) => /^licen[sc]e/i.test(file))) {
    findings.push(note(`the text of ${own} is not in the folder`, { hint: "Add a file LICENSE" }));
  }
  const byLicence = new Map<string, number>();
  for (const one of packages) {
    const manifest = JSON.parse(await readFile(join(one.directory, "package.json"), "utf8"));
    const licence = declaredLicence(manifest);
    byLicence.set(licence ?? "not declared", (byLicence.get(licence ?? "not declared") ?? 0) + 1);
    if (licence === undefined) {
      findings.push(
        warning(`${one.name}@${one.version} declares no licence`, {
          hint: "Ask its author before you ship it",
        }),
      );
    } else if (/\bA?GPL/i.test(licence) && !/\bLGPL/i.test(licence) && !/ OR /.test(licence)) {
      findings.push(
        warning(`${one.name}@${one.version} is under ${licence}, which then holds for what ships it`),
      );
    }
  }
  const others = [...byLicence].sort().map(([licence, count]) => `${licence}: ${count}`);
  return { area: "licences", summary: [own ?? "none", ...others].join(", "), findings };
}
