import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Configuration, ConfigurationError, type Logger, type Option } from "plugfs";
import { KEYS } from "./keys.ts";
import type { BufferSettings } from "./part-buffer.ts";
import type { ProxySettings } from "./proxy.ts";
import type { RetryPolicy } from "./retry.ts";
import type { VectoredSettings } from "./vectored.ts";

/** The configuration of one file system, checked. Sizes are bytes, times milliseconds. */
export interface OssSettings {
  /** With scheme. */
  readonly endpoint: string;
  /** The endpoint is the bucket's own domain. */
  readonly cname: boolean;
  readonly pathStyle: boolean;
  /** Without the prefix `oss-`; undefined when not known. */
  readonly region: string | undefined;
  readonly signatureV4: boolean;
  readonly requesterPays: boolean;
  readonly userAgentPrefix: string | undefined;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** PEM. */
  readonly ca: string | undefined;
  readonly proxy: ProxySettings | undefined;
  readonly retry: RetryPolicy;
  readonly pageSize: number;
  readonly listVersion: 1 | 2;
  readonly transferMemory: number;
  /** Undefined: adaptive. */
  readonly downloadPartSize: number | undefined;
  readonly downloadParts: number | undefined;
  readonly vectored: VectoredSettings;
  /** Undefined: adaptive. */
  readonly uploadPartSize: number | undefined;
  readonly uploadParts: number;
  readonly buffers: BufferSettings;
  /** Copies at the same time. */
  readonly copies: number;
  readonly checkParent: boolean;
  readonly acl: string | undefined;
  readonly encryption: string | undefined;
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
  const address = readAddress(configuration, endpoint);
  const connections = readConnections(configuration, logger);
  return {
    endpoint,
    ...address,
    ...readSignature(configuration, endpoint),
    requesterPays: configuration.get(KEYS.requesterPays),
    userAgentPrefix: text(configuration.get(KEYS.userAgentPrefix)),
    connections,
    connectTimeoutMs: configuration.get(KEYS.connectTimeout),
    idleTimeoutMs: configuration.get(KEYS.idleTimeout),
    ca: readCertificates(configuration),
    proxy: readProxy(configuration, endpoint, logger),
    retry: {
      retries: configuration.get(KEYS.retries),
      baseMs: configuration.get(KEYS.retryInterval),
      capMs: RETRY_CAP_MS,
    },
    pageSize: configuration.get(KEYS.pageSize),
    listVersion: readListVersion(configuration, logger),
    transferMemory: configuration.get(KEYS.transferMemory),
    downloadPartSize: configuration.get(KEYS.downloadPartSize),
    downloadParts: positive(configuration, KEYS.downloadParts, logger),
    vectored: {
      minSeek: configuration.get(KEYS.vectoredMinSeek),
      maxMerged: configuration.get(KEYS.vectoredMaxMerged),
      active: configuration.get(KEYS.vectoredActive),
    },
    uploadPartSize: readUploadPartSize(configuration, logger),
    uploadParts: configuration.get(KEYS.uploadParts) ?? DEFAULT_UPLOAD_PARTS,
    buffers: readBuffers(configuration),
    copies: Math.min(
      positive(configuration, KEYS.copyThreads, logger) ?? connections,
      positive(configuration, KEYS.copiesPerFolder, logger) ?? connections,
    ),
    checkParent: !configuration.get(KEYS.skipParentCheck),
    acl: readAcl(configuration),
    encryption: text(configuration.get(KEYS.encryption)),
  };
}

/** The configuration of one bucket: `fs.oss.bucket.<name>.x` lies over `fs.oss.x`. */
export function ofBucket(all: Configuration, bucket: string): Configuration {
  const prefix = `fs.oss.bucket.${bucket}.`;
  const own = [...all.keys(prefix)].map((key) => {
    const value = { text: all.raw(key) ?? "", source: `${all.source(key)}, ${key}` };
    return [`fs.oss.${key.slice(prefix.length)}`, value] as const;
  });
  return Configuration.from(own).over(all);
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

function readAddress(
  configuration: Configuration,
  endpoint: string,
): Pick<OssSettings, "cname" | "pathStyle"> {
  const { hostname } = new URL(endpoint);
  const isLocal = hostname === "localhost";
  // Names below localhost do not resolve everywhere.
  const pathStyle = configuration.get(KEYS.pathStyle) ?? isLocal;
  const isAlibaba = /(^|\.)(aliyuncs\.com|aliyun-inc\.com|aliyun\.com)$/.test(hostname);
  const cname = configuration.get(KEYS.cname) && !pathStyle && !isAlibaba && !isLocal && isIP(hostname) === 0;
  return { cname, pathStyle };
}

function readSignature(
  configuration: Configuration,
  endpoint: string,
): Pick<OssSettings, "region" | "signatureV4"> {
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
  return { region, signatureV4: version === undefined ? region !== undefined : version === "V4" };
}

function readRegion(configuration: Configuration, endpoint: string): string | undefined {
  const set = text(configuration.get(KEYS.region))?.replace(/^oss-/, "");
  if (set === undefined) return regionOf(endpoint);
  if (/^[a-z0-9-]+$/i.test(set)) return set;
  throw misfit(configuration, KEYS.region, "expected the name of a region, such as cn-hangzhou");
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

/** Hadoop takes its default for what is not positive, with a warning. */
function positive(
  configuration: Configuration,
  option: Option<number | undefined>,
  logger: Logger,
): number | undefined {
  const value = configuration.get(option);
  if (value === undefined || value > 0) return value;
  logger.warn({ key: option.key, value }, `${option.key} is not positive; the default is used`);
  return undefined;
}

function readConnections(configuration: Configuration, logger: Logger): number {
  const threads = positive(configuration, KEYS.transferThreads, logger);
  return Math.min(configuration.get(KEYS.connections), threads ?? Number.POSITIVE_INFINITY);
}

function readBuffers(configuration: Configuration): BufferSettings {
  const kind = configuration.get(KEYS.uploadBuffer) ?? "array";
  const limit = configuration.get(KEYS.uploadBufferLimit);
  const directories = (configuration.get(KEYS.bufferDirectories) ?? "").split(",").map((one) => one.trim());
  const named = directories.filter((one) => one !== "");
  return {
    kind: kind === "disk" ? "disk" : kind.endsWith("_disk") ? "memory-then-disk" : "memory",
    directories: named.length > 0 ? named : [join(tmpdir(), "plugfs-oss")],
    memoryLimit: limit > 0 ? limit : Number.POSITIVE_INFINITY,
  };
}

function readListVersion(configuration: Configuration, logger: Logger): 1 | 2 {
  const { key } = KEYS.listVersion;
  const version = configuration.get(KEYS.listVersion);
  if (version === 1 || version === 2) return version;
  logger.warn({ key, value: version }, `${key} is neither 1 nor 2; 2 is used`);
  return 2;
}

function readCertificates(configuration: Configuration): string | undefined {
  const file = text(configuration.get(KEYS.caFile));
  if (file === undefined) return undefined;
  try {
    const pem = readFileSync(file, "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  } catch (cause) {
    throw misfit(configuration, KEYS.caFile, `the file cannot be read (${(cause as Error).message})`);
  }
  throw misfit(configuration, KEYS.caFile, "the file holds no PEM certificate");
}

/** Hadoop's rules: a port needs a host, a user name a password and the other way round. */
function readProxy(
  configuration: Configuration,
  endpoint: string,
  logger: Logger,
): ProxySettings | undefined {
  const host = text(configuration.get(KEYS.proxyHost));
  const port = configuration.get(KEYS.proxyPort) ?? -1;
  const username = text(configuration.get(KEYS.proxyUsername));
  const password = configuration.get(KEYS.proxyPassword);
  if (host === undefined) {
    if (port < 0) return undefined;
    throw misfit(configuration, KEYS.proxyPort, `set without ${KEYS.proxyHost.key}`);
  }
  if ((username === undefined) !== (password === undefined)) {
    const [present, absent] =
      username === undefined
        ? [KEYS.proxyPassword, KEYS.proxyUsername]
        : [KEYS.proxyUsername, KEYS.proxyPassword];
    throw misfit(configuration, present, `set without ${absent.key}`);
  }
  const credentials = username === undefined || password === undefined ? undefined : { username, password };
  if (port >= 0) return { host, port, credentials };
  const guessed = endpoint.startsWith("https:") ? 443 : 80;
  logger.warn(
    { key: KEYS.proxyPort.key, used: guessed },
    `${KEYS.proxyPort.key} is not set; ${guessed} is used`,
  );
  return { host, port: guessed, credentials };
}

/** Hadoop's documented values, and the Java names that its code wants instead. */
function readAcl(configuration: Configuration): string | undefined {
  const set = text(configuration.get(KEYS.acl));
  if (set === undefined) return undefined;
  const name = set.replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
  if (["private", "public-read", "public-read-write", "default"].includes(name)) return name;
  const expected = "expected private, public-read, public-read-write or default";
  throw misfit(configuration, KEYS.acl, expected);
}

export function misfit(
  configuration: Configuration,
  option: Option<unknown>,
  problem: string,
): ConfigurationError {
  const { key } = option;
  return new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    key,
    source: configuration.source(key),
    message: `${key}: ${problem}`,
  });
}

/** Blanks count as nothing, as in Hadoop. Throws ERR_CONFIG_MISSING. */
export function required(
  configuration: Configuration,
  option: Option<string | undefined>,
  what: string,
): string {
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

export function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}
