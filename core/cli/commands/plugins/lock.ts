import { join } from "node:path";
import { folderDigest, type LockedPlugin, readLock, writeLock } from "../../../plugin/lock.ts";
import { LOCK_FILE } from "../../../plugin/options.ts";
import { defineCommand } from "../../command.ts";
import { counted, printable } from "../../printable.ts";

export const command = defineCommand({
  usage: "[--check]",
  description:
    "Writes conf/plugins.lock.json: a digest of every file in each plugin's folder. With plugin.verify: enforce a folder " +
    "that is not in it, or differs, is not loaded; without that key it is loaded with a warning.",
  options: {
    check: { type: "boolean", doc: "Write nothing; exit 1 when a folder is not as it was locked" },
  },
  operands: { min: 0, max: 0 },
  examples: [
    ["plugfs plugins lock", "After a plugin was added, updated or removed"],
    ["plugfs plugins lock --check", "Before a deployment"],
  ],
  async run({ environment, output, locations }, { options }) {
    const file = join(locations.configurationDir, LOCK_FILE);
    const before = (await readLock(file)) ?? {};
    const lock: Record<string, LockedPlugin> = {};
    for (const { id, directory, version } of (await environment()).plugins.list()) {
      lock[id] = { ...(version !== undefined && { version }), digest: await folderDigest(directory) };
    }
    const changes = [...new Set([...Object.keys(before), ...Object.keys(lock)])].sort().map((id) => ({
      id,
      state: stateOf(before[id], lock[id]),
      digest: lock[id]?.digest,
    }));
    if (options.check !== true) await writeLock(file, lock);
    for (const change of changes) {
      if (output.json) await output.object(change);
      else if (change.state !== "same") await output.line(printable(`${change.id}: ${change.state}`));
    }
    const differing = changes.filter(({ state }) => state !== "same").length;
    if (options.check === true) {
      if (!output.json && differing === 0) {
        await output.line(printable(`${counted(changes.length, "plugin")} as locked in ${file}.`));
      }
      return differing === 0 ? undefined : 1;
    }
    if (!output.json) {
      await output.line(printable(`Locked ${counted(Object.keys(lock).length, "plugin")} in ${file}.`));
    }
    return undefined;
  },
});

function stateOf(before: LockedPlugin | undefined, now: LockedPlugin | undefined): string {
  if (before === undefined) return "new";
  if (now === undefined) return "removed";
  return before.digest === now.digest ? "same" : "changed";
}
