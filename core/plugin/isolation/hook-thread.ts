/**
 * The rule for ES modules before Node 22.15: runs in Node's hook thread. It works on what the main thread told it
 * and never asks back: `require` of an ES module blocks the main thread until the answer is here.
 */
import type { MessagePort } from "node:worker_threads";
import type { NextResolve, ResolveContext, Resolved } from "./node-internals.ts";
import { refusal } from "./refusal.ts";
import {
  type Folder,
  HOST_IMPORT,
  inside,
  isBare,
  isCore,
  isShared,
  mayUse,
  type Root,
  rootOf,
} from "./rule.ts";

export interface ThreadState {
  readonly roots: readonly Root[];
  /** By shared list: the URL of the `data:` module of each shared package. */
  readonly urls: readonly Readonly<Record<string, string>>[];
  /** URL of the host's main module. */
  readonly host: string;
  /** Where the files that stand for shared packages lie. */
  readonly shims: Folder | undefined;
}

let state: ThreadState = { roots: [], urls: [], host: "", shims: undefined };

export function initialize(data: { port: MessagePort; acknowledged: Int32Array }): void {
  data.port.on("message", (next: ThreadState) => {
    state = next;
    Atomics.add(data.acknowledged, 0, 1);
    Atomics.notify(data.acknowledged, 0);
  });
  data.port.unref();
}

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: NextResolve<Promise<Resolved>>,
): Promise<Resolved> {
  const importer = context.parentURL;
  const root = importer === undefined ? undefined : rootOf(importer, state.roots);
  if (root === undefined || importer === undefined) {
    if (!specifier.startsWith(HOST_IMPORT)) return next(specifier, context);
    return next(specifier.slice(HOST_IMPORT.length), { ...context, parentURL: state.host });
  }

  if (isShared(specifier, root.patterns)) {
    const url = state.urls[root.shared]?.[specifier];
    if (url !== undefined) return { url, format: "module", shortCircuit: true };
    const ofHost = await hostResolve(specifier, context, next);
    if (ofHost !== undefined) return ofHost;
    if (isCore(specifier)) throw refusal("import", root, specifier, importer);
  }
  let resolved: Resolved;
  try {
    // Node keeps what an earlier call of `next` set in the context.
    resolved = await next(specifier, { ...context, parentURL: importer });
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (code !== "ERR_MODULE_NOT_FOUND" || !isBare(specifier)) throw error;
    throw refusal("import", root, specifier, importer);
  }
  const isShim = state.shims !== undefined && inside(state.shims, resolved.url);
  if (!isShim && !mayUse(root, resolved.url)) {
    throw refusal("import", root, specifier, importer, resolved.url);
  }
  return resolved;
}

/** A shared package that neither a pattern nor the manifest names whole: the same module as the host's, by its URL. */
async function hostResolve(
  specifier: string,
  context: ResolveContext,
  next: NextResolve<Promise<Resolved>>,
): Promise<Resolved | undefined> {
  try {
    const parentURL = isCore(specifier) ? import.meta.url : state.host;
    return await next(specifier, { ...context, parentURL });
  } catch {
    return undefined;
  }
}
