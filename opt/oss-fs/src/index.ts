import {
  type Configuration,
  ConfigurationError,
  type FileSystem,
  type FileSystemContext,
  FileSystemError,
  type FileSystemFactory,
  type Path,
} from "plugfs";
import { credentialSource } from "./credentials/chain.ts";
import { OssFileSystem } from "./file-system.ts";
import { KEYS } from "./keys.ts";
import { warnOfOtherKeys } from "./other-keys.ts";
import { ofBucket, readSettings } from "./settings.ts";

/** `oss://bucket/key`: Alibaba Cloud OSS, configured by `fs.oss.*`. */
export default class OssFileSystemFactory implements FileSystemFactory {
  readonly scheme = "oss";
  #configuration: Configuration | undefined;
  #warned = false;

  configure(configuration: Configuration): void {
    this.#configuration = configuration;
  }

  /** Makes no request: a wrong bucket or key is told by the first call. */
  create(root: Path, context: FileSystemContext): FileSystem {
    if (this.#configuration === undefined) {
      throw new ConfigurationError({ code: "ERR_CONFIG_MISSING", key: KEYS.endpoint.key });
    }
    const bucket = root.authority;
    if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) {
      throw new FileSystemError({
        code: "EINVAL",
        path: root,
        message: bucket === "" ? "the path names no bucket" : `"${bucket}" is no bucket name`,
        hint: "Write oss://bucket/key; bucket names have 3 to 63 lower-case letters, digits and hyphens",
      });
    }
    const { logger } = context;
    const configuration = ofBucket(this.#configuration, bucket);
    const settings = readSettings(configuration, logger);
    const credentials = credentialSource(configuration, logger, process.env);
    if (!this.#warned) warnOfOtherKeys(this.#configuration, logger);
    this.#warned = true;
    return new OssFileSystem(bucket, settings, credentials, logger);
  }
}
