import { isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { formatList } from "../../config/values.ts";

/** What changes in a list. */
export type ListEdit = { readonly add: string } | { readonly remove: string };

/**
 * The text of a YAML file with one list in it changed, and nothing else: comments, order and spelling stay. The key may
 * be written with dots or nested. The caller checks that the result reads back as meant.
 */
export function editYamlList(text: string, key: string, edit: ListEdit, wanted: readonly string[]): string {
  // A byte order mark is no part of the document, but of every position in it.
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const content = text.slice(mark.length);
  const newline = content.includes("\r\n") ? "\r\n" : "\n";
  const { contents } = parseDocument(content, { schema: "failsafe", logLevel: "silent", version: "1.2" });
  const pair = isMap(contents) ? findPair(contents, key) : undefined;
  const flow = `[${wanted.map(quoted).join(", ")}]`;
  if (pair === undefined) {
    const gap = content === "" || content.endsWith("\n") ? "" : newline;
    return `${mark}${content}${gap}${key}: ${flow}${newline}`;
  }
  const { value } = pair;
  if (isSeq(value) && value.flow !== true && value.items.length > 0) {
    return mark + editBlock(content, value, edit, newline);
  }
  const { range } = value as { range: [number, number, number] };
  const [start, end] = range;
  const colon =
    /:\s*$/.test(content.slice(0, start)) && start === end && content[start - 1] === ":" ? " " : "";
  return `${mark}${content.slice(0, start)}${colon}${flow}${content.slice(end)}`;
}

/** A list with one item a line. */
function editBlock(content: string, list: YAMLSeq, edit: ListEdit, newline: string): string {
  const positions = list.items.map((item) => (item as { range: [number, number, number] }).range[0]);
  const lineStart = (position: number) => content.lastIndexOf("\n", position - 1) + 1;
  const lineEnd = (position: number) => {
    const end = content.indexOf("\n", position);
    return end === -1 ? content.length : end + 1;
  };
  if ("add" in edit) {
    const last = positions.at(-1) ?? 0;
    const indent = /^\s*/.exec(content.slice(lineStart(last)))?.[0] ?? "";
    const at = lineEnd(last);
    const gap = content[at - 1] === "\n" ? "" : newline;
    return `${content.slice(0, at)}${gap}${indent}- ${quoted(edit.add)}${newline}${content.slice(at)}`;
  }
  const removed = positions.filter((_, i) => {
    const item = list.items[i];
    return isScalar(item) && item.value === edit.remove;
  });
  if (removed.length === positions.length) {
    const [start] = list.range as [number, number, number];
    const [, end] = (list.items.at(-1) as { range: [number, number, number] }).range;
    return `${content.slice(0, start)}[]${content.slice(end)}`;
  }
  return removed.reduceRight(
    (text, position) => text.slice(0, lineStart(position)) + text.slice(lineEnd(position)),
    content,
  );
}

/** The last pair for a dotted key, which is the one that counts. */
function findPair(map: YAMLMap, key: string): Pair | undefined {
  let found: Pair | undefined;
  for (const pair of map.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : "";
    if (name === key) found = pair;
    else if (key.startsWith(`${name}.`) && isMap(pair.value)) {
      found = findPair(pair.value, key.slice(name.length + 1)) ?? found;
    }
  }
  return found;
}

function quoted(item: string): string {
  return /^[A-Za-z][\w-]*(?:\.[\w-]+)*$/.test(item) ? item : JSON.stringify(item);
}

/** The same for `flink-conf.yaml`, whose rules know lines only. */
export function editFlinkList(text: string, key: string, _edit: ListEdit, wanted: readonly string[]): string {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const line = new RegExp(
    `^([^\\S\\r\\n]*${key.replaceAll(".", "\\.")}[^\\S\\r\\n]*:[^\\S\\r\\n]+)([^\\r\\n]*?)([^\\S\\r\\n]+#[^\\r\\n]*)?(\\r\\n|\\n|\\r|$)`,
    "gm",
  );
  const last = [...text.matchAll(line)].at(-1);
  if (wanted.length === 0) return text.replaceAll(line, "");
  if (last === undefined) {
    const gap = text === "" || /[\r\n]$/.test(text) ? "" : newline;
    return `${text}${gap}${key}: ${formatList(wanted)}${newline}`;
  }
  const [whole, head = "", , comment = "", end = ""] = last;
  const changed = `${head}${formatList(wanted)}${comment}${end}`;
  return text.slice(0, last.index) + changed + text.slice(last.index + whole.length);
}
