/**
 * A program of its own, run in a child process (so it may stand on all layers): imports one plugin as a host does, and
 * sends what came of it. `process.argv[2]` is the folder that holds the plugin, `process.argv[3]` its id.
 */
import { Environment } from "../../environment.ts";
import { errorCode, errorMessage } from "../../errors/errors.ts";
import type { ImportResult } from "./check-exports.ts";

const [, , pluginsDir = "", id = ""] = process.argv;
const warnings: string[] = [];

async function importPlugin(): Promise<ImportResult> {
  const keep = (_fields: object, message: string) => void warnings.push(message);
  const logger = { debug() {}, info() {}, warn: keep, error: keep };
  const home = pluginsDir;
  await using env = await Environment.open({ home, pluginsDir, configuration: {}, logger });
  try {
    const info = await env.plugins.load(id);
    const { schemes, loadMillis = 0 } = info;
    return {
      schemes: schemes.map(({ scheme }) => scheme),
      loadMillis,
      warnings,
      ...(info.error !== undefined && { error: info.error.message }),
    };
  } catch (error) {
    const { schemes = [], loadMillis = 0 } = env.plugins.list().find((plugin) => plugin.id === id) ?? {};
    const result = {
      schemes: schemes.map(({ scheme }) => scheme),
      loadMillis,
      warnings,
      error: errorMessage(error),
    };
    return { ...result, isConfiguration: /^ERR_(CONFIG_|PLUGIN_CONFIGURE)/.test(errorCode(error) ?? "") };
  }
}

process.send?.(await importPlugin(), () => process.disconnect());
