import { option } from "plugfs";

/**
 * Every configuration key that oss-fs honours. Names and meanings are hadoop-aliyun's where it has them; the README's
 * table is this list, and a test holds the two together.
 */
export const KEYS = {
  endpoint: option.string("fs.oss.endpoint", {
    doc: "host or URL of the region's endpoint, such as oss-cn-hangzhou.aliyuncs.com; a scheme in it wins over fs.oss.connection.secure.enabled",
  }),
  accessKeyId: option.string("fs.oss.accessKeyId", { doc: "the access key's id" }),
  accessKeySecret: option.string("fs.oss.accessKeySecret", { secret: true, doc: "the access key's secret" }),
  securityToken: option.string("fs.oss.securityToken", {
    secret: true,
    fallbackKeys: ["fs.oss.sessionToken"],
    doc: "token of temporary (STS) credentials",
  }),
  region: option.string("fs.oss.region", {
    doc: "region for signature V4, such as cn-hangzhou; taken from a standard endpoint's name when not set",
  }),
  signatureVersion: option.enumeration("fs.oss.signatureversion", ["V1", "V4"], {
    fallbackKeys: ["fs.oss.signatureVersion"],
    doc: "request signature; not set: V4 when the region is known, else V1",
  }),
  secure: option.boolean("fs.oss.connection.secure.enabled", {
    default: true,
    doc: "https for an endpoint without a scheme",
  }),
  pathStyle: option.boolean("fs.oss.usePathStyle", {
    default: false,
    fallbackKeys: ["fs.oss.second.level.domain.enable"],
    doc: "the bucket in the path instead of the host name; OSS itself refuses this, emulators and proxies may need it",
  }),
  connections: option.integer("fs.oss.connection.maximum", {
    default: 32,
    min: 1,
    max: 65_535,
    doc: "connections of one file system (bucket)",
  }),
  connectTimeout: option.duration("fs.oss.connection.establish.timeout", {
    default: 50_000,
    min: 1,
    max: 2_147_483_647,
    doc: "time for a TCP and TLS handshake",
  }),
  idleTimeout: option.duration("fs.oss.connection.timeout", {
    default: 200_000,
    min: 1,
    max: 2_147_483_647,
    doc: "time without a byte in either direction after which a request is given up",
  }),
  retries: option.integer("fs.oss.attempts.maximum", {
    default: 10,
    min: 0,
    max: 1_000,
    doc: "retries of one request after network faults, 5xx, throttling and broken-off bodies",
  }),
  retryInterval: option.duration("fs.oss.retry.interval", {
    default: 200,
    min: 0,
    max: 60_000,
    fallbackKeys: ["fs.oss.retry.interval.millisecond"],
    doc: "base of the pause between retries: a random part of base × 2ⁿ, at most 10 s",
  }),
  pageSize: option.integer("fs.oss.paging.maximum", {
    default: 1_000,
    min: 1,
    max: 1_000,
    doc: "keys of one listing page and of one batch delete",
  }),
  uploadPartSize: option.memory("fs.oss.multipart.upload.size", {
    doc: "part size of uploads, at least 100 KiB; not set: 8 MiB, growing with the file",
  }),
  uploadParts: option.integer("fs.oss.upload.active.blocks", {
    min: 1,
    max: 10_000,
    doc: "parts of one stream that are uploaded at the same time; not set: 16",
  }),
  downloadPartSize: option.memory("fs.oss.multipart.download.size", {
    min: 1,
    doc: "bytes of one ranged read; not set: 1 MiB at first, doubling to 8 MiB while a file is read in sequence",
  }),
  downloadParts: option.integer("fs.oss.multipart.download.ahead.part.max.number", {
    doc: "ranged reads of one stream that are on their way or wait to be consumed; not set: 1 at first, growing to 16",
  }),
  transferMemory: option.memory("fs.oss.transfer.memory", {
    default: 256 * 1024 * 1024,
    min: 1024 * 1024,
    doc: "memory for data on its way, shared by all streams of one file system",
  }),
  skipParentCheck: option.boolean("fs.oss.performance.flags.create", {
    default: false,
    doc: "true: create does not check that the parent is no file, which spares a request",
  }),
  encryption: option.string("fs.oss.server-side-encryption-algorithm", {
    doc: "x-oss-server-side-encryption of everything that is written, such as AES256",
  }),
  userAgentPrefix: option.string("fs.oss.user.agent.prefix", { doc: "put before the User-Agent" }),
} as const;
