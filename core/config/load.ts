import { access, readFile } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";
import { ConfigurationError, errorCode } from "../errors/errors.ts";
import { Configuration } from "./configuration.ts";
import type { FileValues } from "./file-values.ts";
import { readFlinkConf } from "./flink-conf.ts";
import type { Logger } from "./logger.ts";

const YAML_NAME = "config.yaml";
const FLINK_NAME = "flink-conf.yaml";

export interface LoadOptions {
  /** Read instead of looking in `configurationDir`; must exist. */
  readonly configurationFile?: string | undefined;
  /** Searched for `config.yaml`, then `flink-conf.yaml`; neither need be there, nor the folder. */
  readonly configurationDir: string;
  /** Lies over the file. */
  readonly overrides?: Record<string, unknown> | Configuration | undefined;
  readonly logger: Pick<Logger, "warn">;
}

/**
 * The configuration of a host: its file with `overrides` over it. A file named `flink-conf.yaml` is read by Flink
 * 1.x's line rules, every other as YAML. What is odd but harmless goes to the logger. Rejects with
 * `ConfigurationError`: ERR_CONFIG_NO_FILE, ERR_CONFIG_PARSE, ERR_CONFIG_VALUE (an override that is no setting).
 */
export async function loadConfiguration(options: LoadOptions): Promise<Configuration> {
  const overrides = Configuration.of(options.overrides ?? {});
  const found = await readFound(options);
  for (const { message, ...fields } of found?.warnings ?? []) {
    options.logger.warn(fields, `${message} (${fields.source})`);
  }
  return overrides.over(Configuration.from(found?.values ?? []));
}

async function readFound(options: LoadOptions): Promise<FileValues | undefined> {
  const { configurationFile, configurationDir, logger } = options;
  if (configurationFile !== undefined) {
    const text = await textOf(configurationFile);
    if (text !== undefined) return read(configurationFile, text);
    throw new ConfigurationError({
      code: "ERR_CONFIG_NO_FILE",
      source: nameOf(configurationFile),
      hint: "Correct configurationFile, or leave it out to use conf/config.yaml or conf/flink-conf.yaml",
    });
  }
  const yaml = join(configurationDir, YAML_NAME);
  const flink = join(configurationDir, FLINK_NAME);
  const text = await textOf(yaml);
  if (text === undefined) {
    const flinkText = await textOf(flink);
    return flinkText === undefined ? undefined : read(flink, flinkText);
  }
  if (await exists(flink)) {
    const message = `${nameOf(flink)} is not read, because ${nameOf(yaml)} is there too`;
    logger.warn({ source: nameOf(flink) }, message);
  }
  return read(yaml, text);
}

async function read(file: string, text: string): Promise<FileValues> {
  if (basename(file) === FLINK_NAME) return readFlinkConf(text, nameOf(file));
  // A third of what importing plugfs would cost, for those who have no such file.
  const { readYamlConf } = await import("./yaml-conf.ts");
  return readYamlConf(text, nameOf(file));
}

/** Undefined when there is no such file. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    // A wrong byte would silently change a secret; a byte order mark is dropped.
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    const code = errorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ConfigurationError({
      code: "ERR_CONFIG_PARSE",
      source: nameOf(file),
      message:
        code === "ERR_ENCODING_INVALID_ENCODED_DATA"
          ? "the configuration file is not UTF-8 text"
          : `the configuration file cannot be read: ${code ?? "unknown error"}`,
      ...(code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? {} : { cause }),
    });
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Short where it lies below the working directory, else absolute. */
function nameOf(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith("..") || isAbsolute(short) ? file : short;
}
