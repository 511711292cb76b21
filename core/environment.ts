import { join } from "node:path";
import { CloseDeadline } from "./close-deadline.ts";
import type { Configuration } from "./config/configuration.ts";
import { loadConfiguration } from "./config/load.ts";
import { locate, namesPluginsDir } from "./config/locations.ts";
import type { Logger } from "./config/logger.ts";
import type { FileSystemMetrics } from "./diagnostics/metrics.ts";
import { JobError } from "./errors/errors.ts";
import { BuiltInFactories } from "./fs/built-in-factories.ts";
import type { FileSystem, FileSystemFactory } from "./fs/contract.ts";
import { HostFactories } from "./fs/host-factories.ts";
import type { Path } from "./fs/path.ts";
import type { Policy } from "./fs/policy.ts";
import { FileSystemRegistry } from "./fs/registry.ts";
import { UriFileSystem } from "./fs/uri-file-system.ts";
import { type ExecuteOptions, type Job, JobGraph, type JobResult, NamedJob } from "./job/job.ts";
import type { CheckpointingOptions } from "./job/settings.ts";
import { PluginManager } from "./plugin/manager.ts";
import { LOCK_FILE } from "./plugin/options.ts";
import { shippedPluginDirectories } from "./shipped-plugins.ts";
import type { CheckpointStorage } from "./state/checkpoint-storage.ts";
import type { StateBackend } from "./state/state-backend.ts";
import { stderrLogger } from "./stderr-logger.ts";
import type { FromLinesOptions } from "./text/lines-source.ts";
import type { InputSplit, ReadTextOptions } from "./text/splits.ts";
import type { TextStream } from "./text/text-stream.ts";

export interface EnvironmentOptions {
  /** A folder with `conf/` and `plugins/`. Default: `$PLUGFS_HOME`, else the working directory. */
  readonly home?: string;
  /** Default: `$FLINK_PLUGINS_DIR`, else `<home>/plugins`. */
  readonly pluginsDir?: string;
  /** Default: `config.yaml`, else `flink-conf.yaml`, in `$FLINK_CONF_DIR` or `<home>/conf`. */
  readonly configurationFile?: string;
  /** Specifier → module namespace that plugins take from the host, where a parent-first pattern names it. */
  readonly shared?: Record<string, unknown>;
  /** Lies over the file. */
  readonly configuration?: Record<string, unknown> | Configuration;
  /** Default: warnings and errors to stderr. A pino logger fits as it is. */
  readonly logger?: Logger;
  /** Imports every enabled plugin at open; any failure rejects. Default false. */
  readonly strict?: boolean;
  /** What may be reached. Default: everything. The configuration's `fs.allow` can only narrow it. */
  readonly policy?: Policy;
  /** Longest wait of `close`, in milliseconds. Default 30 000; `Infinity`: for ever. */
  readonly closeTimeout?: number;
}

/**
 * Configuration, plugins, file systems and jobs of one host (Flink's `StreamExecutionEnvironment`). A process can hold
 * several; none is global.
 */
export class Environment implements AsyncDisposable {
  readonly plugins: PluginManager;
  /** The names of `node:fs/promises`, for URIs of every scheme. */
  readonly fs: UriFileSystem;
  readonly #configuration: Configuration;
  readonly #registry: FileSystemRegistry;
  readonly #hostFactories: HostFactories;
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  readonly #job: JobGraph;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closeTimeout: number;
  #closing: Promise<void> | undefined;

  private constructor(
    configuration: Configuration,
    plugins: PluginManager,
    logger: Logger,
    options: EnvironmentOptions,
  ) {
    this.#configuration = configuration;
    this.plugins = plugins;
    this.#logger = logger;
    this.#hostFactories = new HostFactories({
      configuration,
      retire: (generation) => this.#registry.retire(generation),
    });
    this.#registry = new FileSystemRegistry({
      providers: [this.#hostFactories, plugins, new BuiltInFactories({ configuration })],
      configuration,
      logger,
      unknownScheme: (scheme) => plugins.unknownScheme(scheme),
      policy: options.policy,
    });
    plugins.onRetired((generation) => void this.#registry.retire(generation));
    this.#closeTimeout = options.closeTimeout ?? 30_000;
    this.fs = new UriFileSystem(this.#registry);
    this.#job = new JobGraph(this.#jobOptions());
  }

  /**
   * Reads the configuration and scans the plugins folder; imports no plugin, unless `strict`. Rejects with
   * `ConfigurationError`, and with `PluginError` when `strict`.
   */
  static async open(options: EnvironmentOptions = {}): Promise<Environment> {
    const logger = options.logger ?? stderrLogger;
    const locations = locate(options, process.env, process.cwd());
    const configuration = await loadConfiguration({
      ...locations,
      overrides: options.configuration,
      logger,
    });
    const plugins = await PluginManager.open({
      pluginsDir: locations.pluginsDir,
      pluginsDirNamed: namesPluginsDir(options, process.env),
      configuration,
      logger,
      shared: options.shared ?? {},
      // Not before the first plugin is loaded: the front door imports this file.
      coreNamespace: async () => ({ plugfs: await import("./index.ts") }),
      optDirs: shippedPluginDirectories(locations.home),
      lockFile: join(locations.configurationDir, LOCK_FILE),
      strict: options.strict ?? false,
    });
    return new Environment(configuration, plugins, logger, options);
  }

  /** The file with the options over it; secret is also what the manifests found so far declare secret. */
  get configuration(): Configuration {
    return this.#configuration.withSecrets(this.plugins.secretKeys());
  }

  /**
   * The file system that serves a path, made at the first use of its scheme and authority (Flink's `FileSystem.get`).
   * A stable handle: it follows a reload of the plugin, and its `close` releases the handle only.
   */
  fileSystem(path: string | URL | Path): Promise<FileSystem> {
    return this.#registry.fileSystem(path);
  }

  /**
   * Serves a scheme by a factory of the host's own, before plugins and built-in ones. Throws
   * `ERR_PLUGIN_DUPLICATE_SCHEME` when the host has registered the scheme already. Disposing gives the scheme back.
   */
  register(factory: FileSystemFactory): AsyncDisposable {
    this.#closed.signal.throwIfAborted();
    return this.#hostFactories.register(factory);
  }

  /** Counters of each file system that was made so far: operations, errors, bytes, open streams. */
  metrics(): readonly FileSystemMetrics[] {
    return this.#registry.metrics();
  }

  /** A job with sources, sinks and settings of its own. */
  job(name: string): Job {
    return new NamedJob({ ...this.#jobOptions(), name });
  }

  /** The lines of a file or of the files of a folder. Nothing is read before the stream is iterated or executed. */
  readTextFile(path: string | URL | Path, options?: ReadTextOptions): TextStream {
    return this.#job.readTextFile(path, options);
  }

  fromLines(lines: Iterable<string> | AsyncIterable<string>, options?: FromLinesOptions): TextStream {
    return this.#job.fromLines(lines, options);
  }

  /** The parts of the same input as plain data, for any queue or process to read by `readSplit`. */
  createInputSplits(path: string | URL | Path, options?: ReadTextOptions): AsyncIterable<InputSplit> {
    return this.#job.createInputSplits(path, options);
  }

  readSplit(split: InputSplit): TextStream {
    return this.#job.readSplit(split);
  }

  /** Where checkpoints go: `new FsStateBackend("oss://bucket/checkpoints")`. */
  setStateBackend(backend: StateBackend): this {
    this.#job.setStateBackend(backend);
    return this;
  }

  /** Takes a checkpoint of every job each `intervalMs` milliseconds. */
  enableCheckpointing(intervalMs: number, options?: CheckpointingOptions): this {
    this.#job.enableCheckpointing(intervalMs, options);
    return this;
  }

  /** The checkpoints of one owner: a job's, by its name, or a host's own state. */
  stateStorage(owner: string, backend?: StateBackend): Promise<CheckpointStorage> {
    return this.#job.stateStorage(owner, backend);
  }

  /** Runs all sinks declared since the last call as one job. Rejects with `JobError`, or with what failed. */
  execute(jobName?: string, options?: ExecuteOptions): Promise<JobResult> {
    return this.#job.execute(jobName, options);
  }

  /**
   * Ends jobs and open streams (what is being written is aborted), closes the file systems and then the factories.
   * Nothing is left: no timer, socket or temporary file. May be called twice. What does not end within `closeTimeout`
   * is left behind, and named by the `ERR_PLUGIN_TIMEOUT` that it rejects with.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed.abort(new JobError({ code: "ERR_JOB_CLOSED" }));
    const deadline = new CloseDeadline(this.#closeTimeout);
    await deadline.wait(Promise.allSettled(this.#running), () => "jobs");
    await deadline.wait(this.#registry.close(), () => this.#registry.leaving().join(", "));
    const factories = Promise.allSettled([this.#hostFactories.close(), this.plugins.close()]);
    const closings = (await deadline.wait(factories, () => "factories")) ?? [];
    for (const closing of closings) if (closing.status === "rejected") throw closing.reason;
    deadline.check();
  }

  #jobOptions() {
    return {
      fileSystems: this.#registry,
      configuration: this.#configuration,
      logger: this.#logger,
      signal: this.#closed.signal,
      running: this.#running,
    };
  }
}
