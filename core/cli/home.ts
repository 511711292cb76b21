import { statSync } from "node:fs";
import { dirname, join } from "node:path";

export interface NearestHome {
  readonly home?: string;
  /** Homes on the way that belong to somebody else, and are therefore not used. */
  readonly foreign: readonly string[];
}

/**
 * The nearest folder from `start` upwards that holds `conf/` and `plugins/`. One that belongs to another user (root
 * aside) is passed over: a plugin is code, and who walks through `/tmp` must not run what lies there.
 */
export function nearestHome(start: string, user: number | undefined = process.getuid?.()): NearestHome {
  const foreign: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    const owners = [folder, join(folder, "conf"), join(folder, "plugins")].map(ownerOfFolder);
    if (owners.every((owner) => owner !== undefined)) {
      if (user === undefined || owners.every((owner) => owner === user || owner === 0)) {
        return { home: folder, foreign };
      }
      foreign.push(folder);
    }
    if (dirname(folder) === folder) return { foreign };
  }
}

/** The home where none is named: the nearest one, else `folder`, unless what lies there is somebody else's. */
export function chooseHome(folder: string, warn: (message: string) => void): string {
  const { home, foreign } = nearestHome(folder);
  if (home !== undefined) return home;
  const passed = isForeign(folder) ? [folder, ...foreign.filter((other) => other !== folder)] : foreign;
  for (const other of passed) {
    warn(`${other} belongs to another user and is not used as home; --home ${other} uses it`);
  }
  // The root folder is nobody's but the system's.
  return passed[0] === folder ? "/" : folder;
}

/** Whether plugins or configuration of `folder` would be somebody else's. */
function isForeign(folder: string, user: number | undefined = process.getuid?.()): boolean {
  if (user === undefined) return false;
  return [join(folder, "conf"), join(folder, "plugins")]
    .map(ownerOfFolder)
    .some((owner) => owner !== undefined && owner !== user && owner !== 0);
}

function ownerOfFolder(path: string): number | undefined {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? stats.uid : undefined;
  } catch {
    return undefined;
  }
}
