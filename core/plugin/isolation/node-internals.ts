/** The parts of `node:module` that are older than its types or not in them. All have been stable since Node 12 or so. */
import module from "node:module";

export interface CommonJsModule {
  readonly filename: string | null;
  readonly children: CommonJsModule[];
}

export interface CommonJsLoader {
  _load(this: unknown, request: string, parent?: CommonJsModule | null, isMain?: boolean): unknown;
  _resolveFilename(
    this: unknown,
    request: string,
    parent?: CommonJsModule | null,
    isMain?: boolean,
    options?: object,
  ): string;
  readonly _cache: Record<string, CommonJsModule | undefined>;
  readonly _pathCache: Record<string, string>;
}

export interface ResolveContext {
  readonly parentURL?: string;
  /** A Set in Node 22.15 to 22.18 and 24.0 to 24.10. */
  readonly conditions?: readonly string[] | ReadonlySet<string>;
}
export interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}
export type NextResolve<R = Resolved> = (specifier: string, context?: ResolveContext) => R;

export interface SynchronousHooks {
  /** Node 22.15 and newer. */
  registerHooks?(hooks: {
    resolve(specifier: string, context: ResolveContext, next: NextResolve): Resolved;
  }): unknown;
}

export const commonJs = module as unknown as CommonJsLoader;
export const { registerHooks } = module as unknown as SynchronousHooks;

export function isRequire(context: ResolveContext): boolean {
  const { conditions } = context;
  if (conditions === undefined) return false;
  return "has" in conditions ? conditions.has("require") : conditions.includes("require");
}
