/**
 * Finds what changed in the things that all modules of a process share: globals, members of built-in objects and
 * prototypes, process listeners, environment variables. Isolation cannot separate these within one thread.
 */
const BUILT_IN = [
  "AbortController",
  "AbortSignal",
  "Array",
  "ArrayBuffer",
  "BigInt",
  "Boolean",
  "Buffer",
  "DataView",
  "Date",
  "Error",
  "Function",
  "JSON",
  "Map",
  "Math",
  "Number",
  "Object",
  "Promise",
  "Proxy",
  "Reflect",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "URL",
  "Uint8Array",
  "WeakMap",
  "WeakSet",
  "console",
  "process",
] as const;

/** A global that Node makes at its first use: it changes without anybody changing it. */
const LAZY = Symbol("lazy");

/** Name → what stands there. */
export type GlobalsSnapshot = ReadonlyMap<string, unknown>;

/** About 2 ms. Runs no getter. */
export function globalsSnapshot(): GlobalsSnapshot {
  const found = new Map<string, unknown>();
  members(found, "globalThis", globalThis);
  for (const name of BUILT_IN) {
    const value: unknown =
      Object.getOwnPropertyDescriptor(globalThis, name)?.value ?? Reflect.get(globalThis, name);
    members(found, name, value);
    const prototype = typeof value === "function" ? (value.prototype as unknown) : undefined;
    members(found, `${name}.prototype`, prototype);
  }
  for (const event of process.eventNames()) {
    found.set(`process.on(${JSON.stringify(String(event))})`, process.listenerCount(event));
  }
  for (const [name, value] of Object.entries(process.env)) found.set(`process.env.${name}`, value);
  return found;
}

/** `name (added)`, `name (changed)`, `name (removed)`, sorted. Never a value: it may be a secret. */
export function globalsChanged(before: GlobalsSnapshot, after: GlobalsSnapshot): string[] {
  const changes: string[] = [];
  for (const [name, value] of after) {
    if (!before.has(name)) changes.push(`${name} (added)`);
    else if (before.get(name) !== LAZY && !Object.is(before.get(name), value))
      changes.push(`${name} (changed)`);
  }
  for (const name of before.keys()) if (!after.has(name)) changes.push(`${name} (removed)`);
  return changes.sort();
}

function members(found: Map<string, unknown>, owner: string, value: unknown): void {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
  for (const key of Reflect.ownKeys(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor === undefined || (owner === "process" && key === "env")) continue;
    const name = typeof key === "symbol" ? `[${String(key)}]` : key;
    const lazy = owner === "globalThis" && descriptor.get !== undefined;
    found.set(`${owner}.${name}`, lazy ? LAZY : (descriptor.get ?? descriptor.value));
  }
}
