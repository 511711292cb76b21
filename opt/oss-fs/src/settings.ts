import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Configuration, type Logger, type Option } from "plugfs";
import { misfit, text } from "./configured.ts";
import { readAddress, readSignature, type SignatureSettings, type StoreAddress } from "./endpoint.ts";
import { KEYS } from "./keys.ts";
import type { BufferSettings } from "./part-buffer.ts";
import type { ProxySettings } from "./proxy.ts";
import type { RetryPolicy } from "./retry.ts";
import type { VectoredSettings } from "./vectored.ts";

/** The configuration of one file system, checked. Sizes are bytes, times milliseconds. */
export interface OssSettings extends StoreAddress, SignatureSettings {
  readonly requesterPays: boolean;
  readonly userAgentPrefix: string | undefined;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** PEM. */
  readonly ca: string | undefined;
  readonly proxy: ProxySettings | undefined;
  readonly httpClient: "lean" | "node";
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
  readonly uploadParts: number | undefined;
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

/** Reads and checks everything at once, so that a wrong value is told at open. Throws `ConfigurationError`. */
export function readSettings(configuration: Configuration, logger: Logger): OssSettings {
  const address = readAddress(configuration);
  const connections = readConnections(configuration, logger);
  return {
    ...address,
    ...readSignature(configuration, address.endpoint),
    requesterPays: configuration.get(KEYS.requesterPays),
    userAgentPrefix: text(configuration.get(KEYS.userAgentPrefix)),
    connections,
    connectTimeoutMs: configuration.get(KEYS.connectTimeout),
    idleTimeoutMs: configuration.get(KEYS.idleTimeout),
    ca: readCertificates(configuration),
    proxy: readProxy(configuration, address.endpoint, logger),
    httpClient: configuration.get(KEYS.httpClient),
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
    uploadParts: configuration.get(KEYS.uploadParts),
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
