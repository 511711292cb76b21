import type { FileSystem, FileSystemFactory } from "./contract.ts";
import type { Path } from "./path.ts";

/** A configured factory, and who brought it. */
export interface ProvidedFactory {
  readonly factory: FileSystemFactory;
  /** The plugin's id; absent for the host's own and the built-in. */
  readonly plugin?: string;
  /** Another object for every reload: a file system made by an older generation is replaced at the next call. */
  readonly generation: object;
}

/** One source of factories: the host's own, the plugins, the built-in. Asked in this order. */
export interface FactoryProvider {
  /**
   * The configured factory for a scheme (lower case), undefined when this provider has none. Rejects when it has one
   * that is broken. Cheap once found: it is asked before every call on a file system.
   */
  find(scheme: string): ProvidedFactory | undefined | Promise<ProvidedFactory | undefined>;
}

/** What jobs and state need of an environment. */
export interface FileSystems {
  /** Reads a path; one without a scheme is local, or below `fs.default-scheme`. */
  resolve(path: string | URL | Path): Path;
  /** A stable handle on the file system that serves the path (Flink's `FileSystem.get`). */
  fileSystem(path: string | URL | Path): Promise<FileSystem>;
}
