import { FileValues } from "./file-values.ts";

/**
 * Reads `flink-conf.yaml` by Flink 1.x's line rules (`GlobalConfiguration.loadYAMLResource`): `key: value` on one
 * line, the value being the rest of the line as it is, with no quotes, types or nesting; blanks around both go; a
 * line that is neither that nor a comment is skipped with a warning. So a secret may begin with `%`, `@` or `*`,
 * and an id of digits keeps its zeros.
 *
 * One difference: a comment begins at a `#` that begins the line or follows a blank. Flink cuts at every `#`, and so
 * cuts secrets short.
 */
export function readFlinkConf(content: string, file: string): FileValues {
  const found = new FileValues(file);
  for (const [index, line] of content.split(/\r\n|\n|\r/).entries()) readLine(line, index + 1, found);
  return found;
}

function readLine(line: string, number: number, found: FileValues): void {
  const text = line.replace(/(^|\s)#.*$/, "").trim();
  if (text === "") return;
  const colon = text.indexOf(": ");
  const key = colon < 0 ? "" : text.slice(0, colon).trim();
  const value = colon < 0 ? "" : text.slice(colon + 2).trim();
  if (key === "" || value === "") {
    found.warn(
      number,
      'the line is not "key: value" and is skipped (no blank after the colon, or no value?)',
    );
    return;
  }
  if (/^(["']).*\1$/.test(value) && !value.includes(";")) {
    found.warn(number, `the quotes around the value of ${key} are part of it, as in Flink 1.x`, key);
  }
  found.set(key, value, number);
}
