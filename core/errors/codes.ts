/**
 * Every stable error code of plugfs, with the sentence that its message begins with.
 *
 * File system codes are Node's own (`node:os` errno names), so that `error.code` means the same thing
 * on every scheme; codes that begin with `ERR_` are plugfs' own.
 */
export const FILE_SYSTEM_CODES = {
  EACCES: "permission denied",
  EAGAIN: "resource temporarily unavailable",
  EBADF: "bad file descriptor",
  EBUSY: "resource busy or throttled",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EDQUOT: "disk quota exceeded",
  EEXIST: "file already exists",
  EFBIG: "file too large",
  EHOSTUNREACH: "host is unreachable",
  EINVAL: "invalid argument",
  EIO: "input/output error",
  EISDIR: "illegal operation on a directory",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  EMLINK: "too many links",
  ENAMETOOLONG: "name too long",
  ENETUNREACH: "network is unreachable",
  ENFILE: "file table overflow",
  ENODEV: "no such bucket or device",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  ENOTFOUND: "host not found",
  ENOTSUP: "operation not supported",
  EPERM: "operation not permitted",
  EPIPE: "broken pipe",
  EROFS: "read-only file system",
  ESTALE: "file was replaced while it was in use",
  ETIMEDOUT: "timed out",
  EXDEV: "cannot cross file systems",
} as const;
export type FileSystemErrorCode = keyof typeof FILE_SYSTEM_CODES;

export const PLUGIN_CODES = {
  ERR_PLUGIN_MANIFEST: "the manifest is missing or wrong",
  ERR_PLUGIN_INCOMPATIBLE: "the plugin asks for another version of the plugfs SPI",
  ERR_PLUGIN_RESOLVE: "an import of the plugin does not resolve inside its folder",
  ERR_PLUGIN_IMPORT: "the plugin's module threw while it was imported",
  ERR_PLUGIN_TIMEOUT: "the plugin did not finish loading in time",
  ERR_PLUGIN_EXPORT: "the plugin's exports are not what its manifest declares",
  ERR_PLUGIN_CONFIGURE: "the plugin's factory refused its configuration",
  ERR_PLUGIN_DISABLED: "the plugin is disabled by configuration",
  ERR_PLUGIN_GONE: "the plugin's folder was removed",
  ERR_PLUGIN_UNKNOWN: "no plugin has this id",
  ERR_PLUGIN_UNKNOWN_SCHEME: "no file system is known for the scheme",
  ERR_PLUGIN_DUPLICATE_SCHEME: "the host has registered this scheme already",
  ERR_PLUGIN_HOST_BUNDLED: "the bundled host lacks a file that plugfs needs at run time",
  ERR_PLUGIN_VERIFY: "the plugin's folder is not as it was locked",
  ERR_PLUGIN_CRASHED: "the plugin's worker ended",
  ERR_PLUGIN_PACK: "the plugin cannot be packed",
} as const;
export type PluginErrorCode = keyof typeof PLUGIN_CODES;

export const CONFIGURATION_CODES = {
  ERR_CONFIG_PARSE: "the configuration file cannot be read",
  ERR_CONFIG_VALUE: "the value does not fit the option",
  ERR_CONFIG_MISSING: "a required option is not set",
  ERR_CONFIG_NO_FILE: "the configuration file does not exist",
} as const;
export type ConfigurationErrorCode = keyof typeof CONFIGURATION_CODES;

export const JOB_CODES = {
  ERR_JOB_NO_SINK: "the job has no sink",
  ERR_JOB_NO_STATE_BACKEND: "checkpoints are enabled but no state backend is set",
  ERR_JOB_NAME_REQUIRED: "the job needs a name",
  ERR_JOB_STATE_PATH: "the checkpoint path cannot be used",
  ERR_JOB_OUTPUT: "the output cannot be prepared",
  ERR_JOB_INPUT: "the input cannot be read",
  ERR_JOB_FUNCTION: "a function of the job threw",
  ERR_JOB_CHECKPOINT: "a checkpoint cannot be written or read",
  ERR_JOB_FENCED: "another instance of the job has taken over",
  ERR_JOB_CLOSED: "the environment is closed",
} as const;
export type JobErrorCode = keyof typeof JOB_CODES;
