import { type Manifest, readManifest } from "../../plugin/manifest.ts";

/** Undefined where there is none that can be read. */
export async function manifestIfAny(directory: string): Promise<Manifest | undefined> {
  try {
    return await readManifest(directory);
  } catch {
    return undefined;
  }
}
