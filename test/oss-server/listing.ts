import type { SortedMap } from "./storage/keys.ts";
import { compareUtf8 } from "./storage/keys.ts";

export interface ListingQuestion {
  readonly prefix: string;
  /** Empty: none. */
  readonly delimiter: string;
  /** Exclusive; empty: from the start. A common prefix comes only if it lies after it, too. */
  readonly after: string;
  /** The most keys and common prefixes together. */
  readonly limit: number;
}

export interface Page<V> {
  readonly items: readonly (readonly [key: string, value: V])[];
  readonly prefixes: readonly string[];
  readonly isTruncated: boolean;
  /** The last key or common prefix of the page: the `after` of the next one. */
  readonly last: string;
}

/** One page of keys in UTF-8 byte order, those with `delimiter` behind the prefix rolled up into common prefixes. */
export function listPage<V>(
  map: SortedMap<V>,
  { prefix, delimiter, after, limit }: ListingQuestion,
): Page<V> {
  const items: (readonly [string, V])[] = [];
  const prefixes: string[] = [];
  let last = "";
  let from = compareUtf8(after, prefix) > 0 ? after : prefix;
  for (;;) {
    let jump: string | undefined;
    for (const [key, value] of map.from(from)) {
      if (!key.startsWith(prefix)) return { items, prefixes, isTruncated: false, last };
      const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
      const isAfter = after === "" || compareUtf8(name, after) > 0;
      if (isAfter && items.length + prefixes.length >= limit)
        return { items, prefixes, isTruncated: true, last };
      if (isAfter) last = name;
      if (cut < 0) {
        if (isAfter) items.push([key, value]);
        continue;
      }
      if (isAfter) prefixes.push(name);
      jump = behind(name);
      break;
    }
    if (jump === undefined) return { items, prefixes, isTruncated: false, last };
    from = jump;
  }
}

/** The least string that lies behind every string beginning with `prefix`; undefined: there is none. */
function behind(prefix: string): string | undefined {
  const points = [...prefix];
  for (let code = points.pop()?.codePointAt(0); code !== undefined; code = points.pop()?.codePointAt(0)) {
    if (code === 0x10ffff) continue;
    return points.join("") + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
  }
  return undefined;
}
