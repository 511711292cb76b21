import { errorMessage } from "../errors/errors.ts";
import type { FileSystemFactory } from "../fs/contract.ts";

const EXPECTED =
  "the default export must be a factory class whose constructor takes nothing, a list of such classes, or { factories }";
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

/**
 * Makes the factories of what a plugin's entry exports (a module namespace, or what `module.exports` is). Every
 * environment makes its own. Throws an Error that says what is wrong.
 */
export function exportedFactories(exported: unknown): FileSystemFactory[] {
  const value = defaultExport(exported);
  if (value === undefined || value === null) throw new Error(`there is no default export: ${EXPECTED}`);
  const list = Array.isArray(value) ? value : isFactoryList(value) ? value.factories : [value];
  if (list.length === 0) throw new Error(`the list of factories is empty: ${EXPECTED}`);
  return list.map(factory);
}

/** CommonJS puts it in `module.exports`, compiled modules in `exports.default`, and `import` of those adds one more. */
function defaultExport(exported: unknown): unknown {
  let value = exported;
  for (let depth = 0; depth < 3; depth += 1) {
    if (typeof value !== "object" || value === null || !("default" in value) || isFactory(value)) break;
    value = value.default;
  }
  return isNamespaceWithoutDefault(value) ? undefined : value;
}

function isNamespaceWithoutDefault(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (Object.prototype.toString.call(value) === "[object Module]" ||
      (!isFactory(value) &&
        !isFactoryList(value) &&
        !Array.isArray(value) &&
        Object.keys(value).length === 0))
  );
}

function factory(value: unknown): FileSystemFactory {
  const made = typeof value === "function" ? construct(value as new () => unknown) : value;
  const name = typeof value === "function" && value.name !== "" ? value.name : "the factory";
  if (typeof made !== "object" || made === null) throw new Error(`got ${typeof made}: ${EXPECTED}`);
  const { scheme, create, configure } = made as Partial<FileSystemFactory>;
  if (typeof scheme !== "string" || !SCHEME.test(scheme)) {
    throw new Error(`${name} has no usable scheme: a text in lower case, such as "oss"`);
  }
  if (typeof create !== "function") throw new Error(`${name} (${scheme}://) has no method create`);
  if (made === value && configure !== undefined) {
    throw new Error(
      `the factory of ${scheme}:// is an object with configure, which several environments would share: export its class`,
    );
  }
  return made as FileSystemFactory;
}

function construct(factoryClass: new () => unknown): unknown {
  try {
    return new factoryClass();
  } catch (cause) {
    const name = factoryClass.name || "the factory";
    throw new Error(`the constructor of ${name} threw: ${errorMessage(cause)}`, { cause });
  }
}

function isFactory(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<FileSystemFactory>).create === "function"
  );
}

function isFactoryList(value: unknown): value is { factories: unknown[] } {
  return (
    typeof value === "object" && value !== null && Array.isArray((value as { factories?: unknown }).factories)
  );
}
