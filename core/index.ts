/** The front door of plugfs, for hosts and for authors of plugins. */
export { Configuration } from "./config/configuration.ts";
export { type Option, option } from "./config/option.ts";
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
export { Path } from "./fs/path.ts";
export { RandomAccessInputStream, type RandomAccessSource } from "./fs/random-access-input.ts";
export { type OutputSink, SerialOutputStream } from "./fs/serial-output.ts";
export { compareUtf8 } from "./fs/utf8-order.ts";
