import { realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { errorCode, errorMessage } from "../../errors/errors.ts";
import { checkContract } from "./check-contract.ts";
import { checkExports } from "./check-exports.ts";
import { checkIsolation } from "./check-isolation.ts";
import { checkLicences } from "./check-licences.ts";
import { checkManifest } from "./check-manifest.ts";
import { counted, error, type Report, type Section, warning } from "./report.ts";

export interface CheckOptions {
  readonly directory: string;
  /** The files that belong to the plugin, relative to its folder. Rejects when they make no plugin. */
  readonly shippedFiles: (id: string, directory: string) => Promise<readonly string[]>;
  /** Called as each area is done. */
  readonly onSection?: ((section: Section) => Promise<void> | void) | undefined;
}

/** Larger than any file system needs to be; each generation that is loaded from a copy costs this again. */
const LARGE = 32 * 2 ** 20;

/**
 * All that a plugin owes before it is shipped: manifest, imports, size, licences, exports, contract. What cannot be
 * checked because an earlier area failed is left out.
 */
export async function check(options: CheckOptions): Promise<Report> {
  const directory = await realpath(options.directory);
  const id = basename(directory);
  const sections: Section[] = [];
  const add = async (section: Section) => {
    sections.push(section);
    await options.onSection?.(section);
    return section;
  };

  const { manifest, json, section } = await checkManifest(directory);
  await add(section);
  if (manifest !== undefined) {
    const shipped = await options.shippedFiles(id, directory).catch(async (problem: unknown) => {
      await add({ area: "size", summary: "", findings: [error(errorMessage(problem))] });
      return undefined;
    });
    if (shipped !== undefined) {
      const isolation = await checkIsolation({ directory, manifest, json, shipped });
      await add(isolation.section);
      await add(await checkSize(directory, shipped));
      await add(await checkLicences(directory, json, isolation.packages));
      // A manifest with an error is not imported by any host.
      const exports = hasError(section)
        ? section
        : await add(await checkExports({ id, directory, json, shipped }));
      if (
        !hasError(exports) &&
        manifest.contract !== undefined &&
        (await isFile(join(directory, manifest.contract)))
      ) {
        await add(await checkContract(directory, manifest.contract));
      }
    }
  }
  const ok = !sections.some(hasError);
  return { id, directory, name: manifest?.name, version: manifest?.version, ok, sections };
}

function hasError({ findings }: Section): boolean {
  return findings.some(({ level }) => level === "error");
}

async function checkSize(directory: string, shipped: readonly string[]): Promise<Section> {
  let bytes = 0;
  for (const file of shipped) bytes += (await stat(join(directory, file))).size;
  const summary = `${(bytes / 1024).toFixed(1)} KiB in ${counted(shipped.length, "file")}`;
  const findings =
    bytes > LARGE
      ? [
          warning(`${summary} are much for a plugin`, {
            hint: 'Pack it, or name only what it needs in "files"',
          }),
        ]
      : [];
  return { area: "size", summary, findings };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return false;
    throw problem;
  }
}
