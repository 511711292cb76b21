import { readFile, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FileValues } from "../../config/file-values.ts";
import { readFlinkConf } from "../../config/flink-conf.ts";
import type { Locations } from "../../config/locations.ts";
import { formatList, parseList } from "../../config/values.ts";
import { readYamlConf } from "../../config/yaml-conf.ts";
import { ConfigurationError, errorCode } from "../../errors/errors.ts";
import { AtomicFile } from "../../fs/local/atomic-file.ts";
import { configurationFile } from "../configuration-file.ts";
import { editFlinkList, editYamlList } from "./edit-list.ts";

const KEY = "plugin.disabled";

/**
 * Writes a plugin into `plugin.disabled` of the configuration file, or takes it out. Everything else in the file stays
 * as it is, to the byte; a result that does not read back as meant is not written. Resolves to the file, or to
 * undefined when there was nothing to do.
 */
export async function setDisabled(
  id: string,
  disabled: boolean,
  locations: Locations,
): Promise<string | undefined> {
  const existing = await configurationFile(locations);
  const file = existing ?? join(locations.configurationDir, "config.yaml");
  const text = existing === undefined ? "" : await textOf(file);
  const isFlink = basename(file) === "flink-conf.yaml";
  const read = (content: string) => (isFlink ? readFlinkConf : readYamlConf)(content, file);
  const before = read(text);
  const ids = listIn(before);
  if (ids.includes(id) === disabled) return undefined;

  const wanted = disabled ? [...ids, id] : ids.filter((other) => other !== id);
  const edit = isFlink ? editFlinkList : editYamlList;
  const edited = edit(text, KEY, disabled ? { add: id } : { remove: id }, wanted);
  if (!isAsMeant(before, read, edited, wanted)) {
    throw new ConfigurationError({
      code: "ERR_CONFIG_PARSE",
      key: KEY,
      source: file,
      message: `${KEY} cannot be changed in this file without touching more than it`,
      hint: `Set it by hand, to ${wanted.length === 0 ? "nothing" : formatList(wanted)}`,
    });
  }
  await replaceFile(file, edited);
  return file;
}

function listIn(values: FileValues): readonly string[] {
  return parseList(values.values.get(KEY)?.text ?? "");
}

function isAsMeant(
  before: FileValues,
  read: (content: string) => FileValues,
  edited: string,
  wanted: readonly string[],
): boolean {
  let after: FileValues;
  try {
    after = read(edited);
  } catch {
    return false;
  }
  const others = ({ values }: FileValues) =>
    JSON.stringify([...values].filter(([key]) => key !== KEY).map(([key, { text }]) => [key, text]));
  return formatList(listIn(after)) === formatList(wanted) && others(before) === others(after);
}

async function textOf(file: string): Promise<string> {
  // A byte order mark is kept, and bytes that are no UTF-8 must not be written back as something else.
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
}

/** Whole or not at all, with the permissions that the file has: it may hold secrets. */
async function replaceFile(file: string, text: string): Promise<void> {
  let target = file;
  let mode: number | undefined;
  try {
    target = await realpath(file);
    mode = (await stat(target)).mode;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  const draft = await AtomicFile.create(target, { createParents: true, mode });
  try {
    await draft.write(Buffer.from(text));
    await draft.publish(true);
  } catch (error) {
    await draft.discard().catch(() => undefined);
    throw error;
  }
}
