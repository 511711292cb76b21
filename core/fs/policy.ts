import type { Configuration } from "../config/configuration.ts";
import { option } from "../config/option.ts";
import { ConfigurationError, errorMessage, FileSystemError } from "../errors/errors.ts";
import { Path } from "./path.ts";

/** What a host lets everything in an environment reach: `env.fs`, jobs, state. */
export interface Policy {
  /**
   * Only what one of these names is served: a scheme (`oss`), a scheme and authority (`oss://bucket`), or a prefix
   * (`oss://bucket/users/7`, `/srv/data`), compared by whole segments. An empty list allows nothing.
   */
  readonly allow?: readonly (string | URL | Path)[];
}

export const ALLOW = option.list("fs.allow", {
  doc: "Schemes (oss), authorities (oss://bucket) and prefixes (oss://bucket/a) that are served; nothing else is.",
});

type Rule = { readonly scheme: string } | Path;

/** A list of places; a path has to be in every list that was given (the host's option and the configuration). */
export class AllowedPlaces {
  readonly #lists: readonly (readonly Rule[])[];

  private constructor(lists: readonly (readonly Rule[])[]) {
    this.#lists = lists;
  }

  /** Undefined when nothing is restricted. Throws `ConfigurationError` for an entry that cannot be read. */
  static read(policy: Policy | undefined, configuration: Configuration): AllowedPlaces | undefined {
    const lists: (readonly Rule[])[] = [];
    if (policy?.allow !== undefined) {
      lists.push(policy.allow.map((entry) => rule(entry, "policy.allow", "option")));
    }
    const configured = configuration.get(ALLOW);
    if (configured !== undefined) {
      lists.push(configured.map((entry) => rule(entry, ALLOW.key, configuration.source(ALLOW.key))));
    }
    return lists.length === 0 ? undefined : new AllowedPlaces(lists);
  }

  /** Whether some path of this scheme and authority may be allowed. */
  admits(scheme: string, authority: string): boolean {
    return this.#lists.every((list) =>
      list.some(
        (rule) => rule.scheme === scheme && (!(rule instanceof Path) || rule.authority === authority),
      ),
    );
  }

  allows(path: Path): boolean {
    return this.#lists.every((list) =>
      list.some((rule) => (rule instanceof Path ? path.startsWith(rule) : rule.scheme === path.scheme)),
    );
  }

  /** The same for a local path whose links are resolved; the allowed folders are then judged by theirs, too. */
  async allowsReal(path: Path, realPlace: (path: string) => Promise<string>): Promise<boolean> {
    for (const list of this.#lists) {
      const checks = list.map(async (rule) => {
        if (rule.scheme !== path.scheme) return false;
        return !(rule instanceof Path) || path.startsWith(Path.unsafe("file", "", await realPlace(rule.key)));
      });
      if (!(await Promise.all(checks)).includes(true)) return false;
    }
    return true;
  }
}

/** Says the same for a place that exists and one that does not. */
export function notAllowed(
  path: Path,
  where: { operation?: string; dest?: Path | undefined } = {},
): FileSystemError {
  return new FileSystemError({
    code: "EACCES",
    path,
    scheme: path.scheme,
    ...where,
    message: "the policy of this environment does not allow it",
    hint: `Places are allowed by Environment.open({ policy }) and ${ALLOW.key}`,
  });
}

function rule(entry: string | URL | Path, key: string, source: string): Rule {
  if (typeof entry === "string" && /^[A-Za-z][A-Za-z0-9+.-]*$/.test(entry)) {
    return { scheme: entry.toLowerCase() };
  }
  try {
    if (typeof entry !== "string" || /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)/.test(entry)) return Path.parse(entry);
  } catch (cause) {
    throw wrong(key, source, errorMessage(cause));
  }
  throw wrong(key, source, `${JSON.stringify(entry)} is neither a scheme, a URI nor an absolute path`);
}

function wrong(key: string, source: string, reason: string): ConfigurationError {
  return new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    key,
    source,
    message: `${key}: ${reason}`,
    hint: "Write oss, oss://bucket, oss://bucket/prefix or /folder",
  });
}
