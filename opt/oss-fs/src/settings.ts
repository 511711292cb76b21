import { type Configuration, ConfigurationError, type Logger, type Option } from "plugfs";
import { KEYS } from "./keys.ts";
import type { RetryPolicy } from "./retry.ts";

/** The configuration of one file system, checked. Sizes are bytes, times milliseconds. */
export interface OssSettings {
  /** With scheme. */
  readonly endpoint: string;
  /** Without the prefix `oss-`; undefined when not known. */
  readonly region: string | undefined;
  readonly signatureV4: boolean;
  readonly pathStyle: boolean;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string | undefined;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly retry: RetryPolicy;
  readonly pageSize: number;
  /** Undefined: adaptive. */
  readonly uploadPartSize: number | undefined;
  readonly uploadParts: number;
  readonly downloadPartSize: number | undefined;
  readonly downloadParts: number | undefined;
  readonly transferMemory: number;
  readonly checkParent: boolean;
  readonly encryption: string | undefined;
  readonly userAgentPrefix: string | undefined;
}

/** OSS's smallest part but for the last, 100 KiB (https://www.alibabacloud.com/help/en/oss/user-guide/multipart-upload). */
export const MIN_PART_BYTES = 100 * 1024;
/** Hadoop's cap, 2³¹ - 1; OSS itself takes 5 GiB. */
const MAX_PART_BYTES = 2 ** 31 - 1;
const RETRY_CAP_MS = 10_000;
const DEFAULT_UPLOAD_PARTS = 16;

/** Reads and checks everything at once, so that a wrong value is told at open. Throws `ConfigurationError`. */
export function readSettings(configuration: Configuration, logger: Logger): OssSettings {
  const endpoint = readEndpoint(configuration);
  const accessKeyId = required(configuration, KEYS.accessKeyId, "the id of an access key");
  const accessKeySecret = required(configuration, KEYS.accessKeySecret, "the secret of the access key");
  const region = readRegion(configuration, endpoint);
  const version = configuration.get(KEYS.signatureVersion);
  if (version === "V4" && region === undefined) {
    throw new ConfigurationError({
      code: "ERR_CONFIG_MISSING",
      key: KEYS.region.key,
      message: `${KEYS.region.key} is not set, and the endpoint does not tell it; signature V4 needs it`,
      hint: "Set it to the bucket's region, such as cn-hangzhou",
    });
  }
  return {
    endpoint,
    region,
    signatureV4: version === undefined ? region !== undefined : version === "V4",
    pathStyle: configuration.get(KEYS.pathStyle),
    accessKeyId,
    accessKeySecret,
    securityToken: text(configuration.get(KEYS.securityToken)),
    connections: configuration.get(KEYS.connections),
    connectTimeoutMs: configuration.get(KEYS.connectTimeout),
    idleTimeoutMs: configuration.get(KEYS.idleTimeout),
    retry: {
      retries: configuration.get(KEYS.retries),
      baseMs: configuration.get(KEYS.retryInterval),
      capMs: RETRY_CAP_MS,
    },
    pageSize: configuration.get(KEYS.pageSize),
    uploadPartSize: readUploadPartSize(configuration, logger),
    uploadParts: configuration.get(KEYS.uploadParts) ?? DEFAULT_UPLOAD_PARTS,
    downloadPartSize: configuration.get(KEYS.downloadPartSize),
    downloadParts: readDownloadParts(configuration, logger),
    transferMemory: configuration.get(KEYS.transferMemory),
    checkParent: !configuration.get(KEYS.skipParentCheck),
    encryption: text(configuration.get(KEYS.encryption)),
    userAgentPrefix: text(configuration.get(KEYS.userAgentPrefix)),
  };
}

function readEndpoint(configuration: Configuration): string {
  const what = "the endpoint of the bucket's region, such as oss-cn-hangzhou.aliyuncs.com";
  const value = required(configuration, KEYS.endpoint, what);
  const whole = value.includes("://")
    ? value
    : `${configuration.get(KEYS.secure) ? "https" : "http"}://${value}`;
  const shape = /^https?:\/\/[a-z0-9_.-]+(:\d{1,5})?\/?$/i;
  if (shape.test(whole)) return whole.replace(/\/$/, "").toLowerCase();
  throw new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    key: KEYS.endpoint.key,
    source: configuration.source(KEYS.endpoint.key),
    message: `${KEYS.endpoint.key}: expected a host, host:port, or http(s)://host:port`,
    hint: "The bucket belongs into the path (oss://bucket/key), keys into fs.oss.accessKeyId and fs.oss.accessKeySecret",
  });
}

function readRegion(configuration: Configuration, endpoint: string): string | undefined {
  const set = text(configuration.get(KEYS.region))?.replace(/^oss-/, "");
  if (set === undefined) return regionOf(endpoint);
  if (/^[a-z0-9-]+$/i.test(set)) return set;
  throw new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    key: KEYS.region.key,
    source: configuration.source(KEYS.region.key),
    message: `${KEYS.region.key}: expected the name of a region, such as cn-hangzhou`,
  });
}

/** `oss-cn-hangzhou[-internal].aliyuncs.com` and `cn-hangzhou.oss.aliyuncs.com` name their region. */
function regionOf(endpoint: string): string | undefined {
  const host = new URL(endpoint).hostname;
  const match =
    /^oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host) ??
    /^([a-z0-9-]+)\.oss\.aliyuncs\.com$/.exec(host);
  const region = match?.[1];
  return region?.startsWith("accelerate") ? undefined : region;
}

function readUploadPartSize(configuration: Configuration, logger: Logger): number | undefined {
  const { key } = KEYS.uploadPartSize;
  const size = configuration.get(KEYS.uploadPartSize);
  if (size === undefined) return undefined;
  const used = Math.min(Math.max(size, MIN_PART_BYTES), MAX_PART_BYTES);
  if (used !== size) logger.warn({ key, value: size, used }, `${key} is out of range; ${used} is used`);
  return used;
}

function readDownloadParts(configuration: Configuration, logger: Logger): number | undefined {
  const { key } = KEYS.downloadParts;
  const parts = configuration.get(KEYS.downloadParts);
  if (parts === undefined || parts > 0) return parts;
  logger.warn({ key, value: parts }, `${key} is not positive; the default is used`);
  return undefined;
}

/** Blanks count as nothing, as in Hadoop. */
function required(configuration: Configuration, option: Option<string | undefined>, what: string): string {
  const value = text(configuration.get(option));
  if (value !== undefined) return value;
  const isSet = configuration.has(option);
  throw new ConfigurationError({
    code: "ERR_CONFIG_MISSING",
    key: option.key,
    source: isSet ? configuration.source(option.key) : undefined,
    message: `${option.key} is ${isSet ? "empty" : "not set"}`,
    hint: `Set it in the configuration to ${what}`,
  });
}

function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}
