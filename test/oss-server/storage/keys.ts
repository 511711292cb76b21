/** Orders two well-formed strings as their UTF-8 bytes are ordered. UTF-16 differs only where surrogates meet U+E000 and up. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) {
      const xIsHigh = x >= 0xd800 && x <= 0xdfff;
      const yIsHigh = y >= 0xd800 && y <= 0xdfff;
      if (xIsHigh !== yIsHigh) return xIsHigh ? 1 : -1;
      return x - y;
    }
  }
  return a.length - b.length;
}

interface Entry<V> {
  readonly key: string;
  value: V | undefined;
}

/**
 * A map whose keys can be walked in UTF-8 byte order from any point. New keys wait in a list that is merged
 * in when somebody walks; deleted ones stay as empty entries until they are the majority. So a million puts or
 * deletes cost no more than sorting once.
 */
export class SortedMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  #sorted: Entry<V>[] = [];
  #pending: Entry<V>[] = [];
  #empty = 0;

  get size(): number {
    return this.#entries.size - this.#empty;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: string, value: V): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      if (entry.value === undefined) this.#empty--;
      entry.value = value;
      return;
    }
    const added = { key, value };
    this.#entries.set(key, added);
    this.#pending.push(added);
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry?.value === undefined) return false;
    entry.value = undefined;
    this.#empty++;
    if (this.#empty > 1000 && this.#empty > this.#entries.size / 2) this.#compact();
    return true;
  }

  /** Entries whose key is `from` or after it. Do not change the map while walking. */
  *from(from: string): Iterable<[key: string, value: V]> {
    this.#merge();
    const sorted = this.#sorted;
    for (let index = this.#lowerBound(from); index < sorted.length; index++) {
      const { key, value } = sorted[index] as Entry<V>;
      if (value !== undefined) yield [key, value];
    }
  }

  /** The index of the first entry whose key is not before `key`. */
  #lowerBound(key: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareUtf8((this.#sorted[middle] as Entry<V>).key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #merge(): void {
    if (this.#pending.length === 0) return;
    const added = this.#pending.sort((a, b) => compareUtf8(a.key, b.key));
    this.#pending = [];
    const before = this.#sorted;
    const merged: Entry<V>[] = [];
    let index = 0;
    for (const entry of added) {
      while (index < before.length && compareUtf8((before[index] as Entry<V>).key, entry.key) < 0) {
        merged.push(before[index++] as Entry<V>);
      }
      merged.push(entry);
    }
    while (index < before.length) merged.push(before[index++] as Entry<V>);
    this.#sorted = merged;
  }

  #compact(): void {
    const isFull = (entry: Entry<V>) => entry.value !== undefined;
    for (const entry of [...this.#entries.values()]) if (!isFull(entry)) this.#entries.delete(entry.key);
    this.#sorted = this.#sorted.filter(isFull);
    this.#pending = this.#pending.filter(isFull);
    this.#empty = 0;
  }
}
