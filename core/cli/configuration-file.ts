import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Locations } from "../config/locations.ts";

/** The file that the configuration is read from: `config.yaml` before `flink-conf.yaml`, as the loader does it. */
export async function configurationFile(locations: Locations): Promise<string | undefined> {
  if (locations.configurationFile !== undefined) return locations.configurationFile;
  for (const name of ["config.yaml", "flink-conf.yaml"]) {
    const file = join(locations.configurationDir, name);
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}
