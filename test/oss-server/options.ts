import { OwnCrc64, type RunningCrc64 } from "./digest.ts";

/** How `startOssServer` is told what to be. Everything has a default. */
export interface OssServerOptions {
  /** Buckets that are there from the start (made if the data folder does not hold them yet). */
  readonly buckets?: readonly string[];
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  /** The region that V4 signatures have to name, such as `cn-hangzhou`. */
  readonly region?: string;
  /** The folder to keep everything in; without it everything lives in memory. */
  readonly data?: string;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** The port to listen on; 0, the default, takes a free one. */
  readonly port?: number;
  /** Milliseconds between a complete request and the first byte of its answer. Default 0. */
  readonly latency?: number;
  /** Bytes per second, in each direction, of every connection. Default no limit. */
  readonly rate?: number;
  /** Requests per second that are served; more are answered with 503. Default no limit. */
  readonly requestsPerSecond?: number;
  /** Connections at a time; more are closed at once. Default no limit. */
  readonly maxConnections?: number;
  /** Milliseconds after which an idle connection is closed. Default 60,000, as OSS. */
  readonly idleTimeout?: number;
  /** HTTPS with the test certificate of `tls/`, whose CA is then the server's `ca`. */
  readonly tls?: boolean;
  /** What time it is, in milliseconds since 1970: signatures are checked and objects dated by it. */
  readonly clock?: () => number;
  /** The least size in bytes of any part but the last; OSS has 100 KiB. */
  readonly minPartSize?: number;
  /** The greatest size in bytes of an object that one CopyObject copies to another bucket; OSS documents 1 GiB. */
  readonly maxCopySize?: number;
  /** The same within one bucket, where OSS has no limit. */
  readonly maxCopySizeInBucket?: number;
  /** The greatest size in bytes of one upload or part; OSS has 5 GiB. */
  readonly maxPutSize?: number;
  /**
   * Whether uploads get the MD5 of their bytes as ETag, as in OSS. Without it the ETag is opaque and an upload costs
   * the server less than half: for benchmarks. A Content-MD5 is checked all the same. Default true.
   */
  readonly md5?: boolean;
  /** Makes the CRC64 of uploads. Default the server's own, which shares no code with that of a client under test. */
  readonly crc64?: () => RunningCrc64;
  /** Bare sockets in place of node:http: less than half the processor time, for benchmarks. Default false. */
  readonly lean?: boolean;
  /** How many requests the log keeps; older ones are dropped. Default 100,000. */
  readonly logLimit?: number;
}

export type Settings = Required<Omit<OssServerOptions, "data">> & { readonly data: string | undefined };

/** @throws RangeError for a number that makes no sense */
export function settingsOf(options: OssServerOptions): Settings {
  const settings: Settings = {
    buckets: options.buckets ?? [],
    accessKeyId: options.accessKeyId ?? "LTAIplugfstest",
    accessKeySecret: options.accessKeySecret ?? "plugfs-test-secret",
    region: (options.region ?? "cn-hangzhou").replace(/^oss-/, ""),
    data: options.data,
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    latency: options.latency ?? 0,
    rate: options.rate ?? Number.POSITIVE_INFINITY,
    requestsPerSecond: options.requestsPerSecond ?? Number.POSITIVE_INFINITY,
    maxConnections: options.maxConnections ?? Number.POSITIVE_INFINITY,
    idleTimeout: options.idleTimeout ?? 60_000,
    tls: options.tls ?? false,
    clock: options.clock ?? Date.now,
    minPartSize: options.minPartSize ?? 100 * 1024,
    maxCopySize: options.maxCopySize ?? 1024 ** 3,
    maxCopySizeInBucket: options.maxCopySizeInBucket ?? Number.POSITIVE_INFINITY,
    maxPutSize: options.maxPutSize ?? 5 * 1024 ** 3,
    md5: options.md5 ?? true,
    crc64: options.crc64 ?? (() => new OwnCrc64()),
    lean: options.lean ?? false,
    logLimit: options.logLimit ?? 100_000,
  };
  for (const name of [
    "port",
    "latency",
    "minPartSize",
    "maxCopySize",
    "maxCopySizeInBucket",
    "maxPutSize",
  ] as const) {
    if (!(settings[name] >= 0)) throw new RangeError(`${name} has to be 0 or more, not ${settings[name]}.`);
  }
  for (const name of ["rate", "logLimit", "requestsPerSecond", "maxConnections", "idleTimeout"] as const) {
    if (!(settings[name] > 0)) throw new RangeError(`${name} has to be more than 0, not ${settings[name]}.`);
  }
  if (settings.accessKeyId === "" || settings.accessKeySecret === "") {
    throw new RangeError("accessKeyId and accessKeySecret must not be empty.");
  }
  return settings;
}
