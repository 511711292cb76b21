/**
 * The rule for ES modules on Node 22.15 and newer: one synchronous resolve hook. There is no `load` hook on purpose:
 * any, even one that only passes on, breaks CommonJS on Node 22.15 to 22.22.2 and 24.0 to 24.11.0 (nodejs/node#57327,
 * #61801).
 */
import { errorCode } from "../../errors/errors.ts";
import type { Isolation } from "./isolation.ts";
import { isRequire, type NextResolve, type ResolveContext, type Resolved } from "./node-internals.ts";
import { refusal } from "./refusal.ts";
import { isBare, isCore, isShared, mayUse } from "./rule.ts";

export function resolveHook(isolation: Isolation) {
  return (specifier: string, context: ResolveContext, next: NextResolve): Resolved => {
    const importer = context.parentURL;
    const root = importer === undefined ? undefined : isolation.rootOf(importer);
    // A `require` comes through the patched CommonJS loader as well, which answers for it.
    if (root === undefined || importer === undefined || isRequire(context)) return next(specifier, context);

    let own = context;
    if (isShared(specifier, root.patterns)) {
      const list = isolation.shared(root.shared);
      const url = list?.importUrl(specifier, (parentURL) => next(specifier, { ...context, parentURL }).url);
      if (url !== undefined) return { url, format: "module", shortCircuit: true };
      if (isCore(specifier)) throw refusal("import", root, specifier, importer);
      // Node keeps what the other call of `next` has set in the context.
      own = { ...context, parentURL: importer };
    }
    let resolved: Resolved;
    try {
      resolved = next(specifier, own);
    } catch (error) {
      if (errorCode(error) !== "ERR_MODULE_NOT_FOUND" || !isBare(specifier)) throw error;
      throw refusal("import", root, specifier, importer, undefined, error);
    }
    if (!mayUse(root, resolved.url) && !isolation.privateFolder.holdsShim(resolved.url)) {
      throw refusal("import", root, specifier, importer, resolved.url);
    }
    return resolved;
  };
}
