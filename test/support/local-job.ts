import { Configuration } from "../../core/config/configuration.ts";
import type { Logger } from "../../core/config/logger.ts";
import type { FileSystem } from "../../core/fs/contract.ts";
import { LocalFileSystem } from "../../core/fs/local/local-file-system.ts";
import { Path } from "../../core/fs/path.ts";
import type { FileSystems } from "../../core/fs/provider.ts";
import { JobGraph } from "../../core/job/job.ts";

export interface LocalJob {
  readonly graph: JobGraph;
  readonly fileSystems: FileSystems;
  /** What was logged as a warning. */
  readonly warnings: string[];
  /** As `Environment.close` does. */
  close(): void;
}

/** A job graph on this machine's disk, without an environment around it. */
export function localJob(
  configuration: Record<string, unknown> = {},
  fileSystem: FileSystem = new LocalFileSystem(),
): LocalJob {
  const closed = new AbortController();
  const fileSystems: FileSystems = {
    resolve: (path) => Path.parse(path),
    fileSystem: () => Promise.resolve(fileSystem),
  };
  const warnings: string[] = [];
  const ignore = () => {};
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (_fields, message) => warnings.push(message),
  };
  const graph = new JobGraph({
    fileSystems,
    configuration: Configuration.of(configuration),
    logger,
    signal: closed.signal,
    running: new Set(),
  });
  return { graph, fileSystems, warnings, close: () => closed.abort(new Error("closed")) };
}
