/** The front door of plugfs, for hosts and for authors of plugins. */
export { Configuration } from "./config/configuration.ts";
export { type Option, option } from "./config/option.ts";
export type { OperationEvent, PluginEvent, RetryEvent } from "./diagnostics/channels.ts";
export type { FileSystemMetrics } from "./diagnostics/metrics.ts";
export { Environment, type EnvironmentOptions } from "./environment.ts";
export type {
  ConfigurationErrorCode,
  FileSystemErrorCode,
  JobErrorCode,
  PluginErrorCode,
} from "./errors/codes.ts";
export {
  ConfigurationError,
  FileSystemError,
  type FileSystemErrorOptions,
  JobError,
  PluginError,
  type PluginPhase,
} from "./errors/errors.ts";
export {
  type Capability,
  type ClearOption,
  type Committer,
  type CopyOptions,
  type CreateOptions,
  type DeleteOptions,
  type FileStatus,
  FileSystem,
  type FileSystemContext,
  type FileSystemFactory,
  type FsDataInputStream,
  type FsDataOutputStream,
  type ListOptions,
  type Logger,
  type OpenOptions,
  type RecoverableStream,
  type RecoverableWriter,
  type RenameOptions,
  type SignalOption,
  SPI_VERSION,
} from "./fs/contract.ts";
export type { CpOptions, CpProgress } from "./fs/node/cp.ts";
export type { GlobOptions } from "./fs/node/glob.ts";
export { Path } from "./fs/path.ts";
export type { Policy } from "./fs/policy.ts";
export type { PosixCalls, PosixHandle } from "./fs/posix.ts";
export { RandomAccessInputStream, type RandomAccessSource } from "./fs/random-access-input.ts";
export { type OutputSink, SerialOutputStream } from "./fs/serial-output.ts";
export type { UriFileSystem, UriPath } from "./fs/uri-file-system.ts";
export { compareUtf8 } from "./fs/utf8-order.ts";
export type {
  ExecuteOptions,
  Job,
  JobExecution,
  JobProgress,
  JobResult,
  SavepointOptions,
} from "./job/job.ts";
export type { CheckpointingOptions } from "./job/settings.ts";
export type { PluginManager } from "./plugin/manager.ts";
export type { PluginChanges, PluginInfo, PluginState } from "./plugin/plugin-info.ts";
export { progressBar } from "./progress-bar.ts";
export type { Checkpoint } from "./state/checkpoint.ts";
export type { CheckpointInfo, CheckpointStorage } from "./state/checkpoint-storage.ts";
export type { CheckpointWriter } from "./state/checkpoint-writer.ts";
export { FsStateBackend, type FsStateBackendOptions } from "./state/fs-state-backend.ts";
export type { StateBackend, StateContext } from "./state/state-backend.ts";
export type { FromLinesOptions } from "./text/lines-source.ts";
export type { SinkResult } from "./text/sink.ts";
export type { ContinuousOptions, InputSplit, ReadTextOptions, TextFormat } from "./text/splits.ts";
export type { FunctionOptions, RollingOptions, TextStream, WriteAsTextOptions } from "./text/text-stream.ts";
