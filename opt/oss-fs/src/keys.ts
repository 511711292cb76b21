import { option } from "plugfs";

/**
 * Every configuration key that oss-fs honours. Names and meanings are hadoop-aliyun's where it has them, else those of
 * Alibaba's hadoop-oss-connector-v2, JindoSDK or Flink. The README's table is this list, and a test holds the two
 * together.
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

  credentialsProvider: option.string("fs.oss.credentials.provider", {
    doc: "where credentials come from: static, environment, oidc, ecs-ram-role, assume-role, profile, a Java class name of these, or a module ./name.mjs in the plugin's folder; several, separated by commas: the first that is set up",
  }),
  ecsRole: option.string("fs.oss.ecs.ram.role.name", { doc: "RAM role of the ECS instance" }),
  ecsEndpoint: option.string("fs.oss.ecs.metadata.endpoint", {
    default: "http://100.100.100.200",
    doc: "metadata service of the ECS instance",
  }),
  roleArn: option.string("fs.oss.assumed.role.arn", { doc: "role to assume with the other credentials" }),
  roleSession: option.string("fs.oss.assumed.role.session.name", {
    default: "plugfs",
    doc: "its session's name",
  }),
  rolePolicy: option.string("fs.oss.assumed.role.policy", { doc: "policy that narrows it" }),
  roleDuration: option.integer("fs.oss.assumed.role.expiration", {
    default: 3_600,
    min: 900,
    max: 43_200,
    doc: "seconds that it is assumed for at a time",
  }),
  stsEndpoint: option.string("fs.oss.assumed.role.sts.endpoint", {
    default: "https://sts.aliyuncs.com",
    doc: "STS, for roles and OIDC",
  }),
  oidcRoleArn: option.string("fs.oss.oidc.role.arn", {
    doc: "role of RRSA; not set: $ALIBABA_CLOUD_ROLE_ARN",
  }),
  oidcProviderArn: option.string("fs.oss.oidc.provider.arn", {
    doc: "OIDC provider of RRSA; not set: $ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
  }),
  oidcTokenFile: option.string("fs.oss.oidc.token.file", {
    doc: "file of the pod's OIDC token; not set: $ALIBABA_CLOUD_OIDC_TOKEN_FILE",
  }),
  oidcSession: option.string("fs.oss.oidc.session.name", {
    doc: "name of the session; not set: $ALIBABA_CLOUD_ROLE_SESSION_NAME, else plugfs",
  }),
  oidcPolicy: option.string("fs.oss.oidc.policy", { doc: "policy that narrows the role" }),
  oidcDuration: option.integer("fs.oss.oidc.expiration", {
    default: 3_600,
    min: 900,
    max: 43_200,
    doc: "seconds that the role is assumed for at a time",
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
  cname: option.boolean("fs.oss.cname.support.enabled", {
    default: true,
    doc: "an endpoint that is neither Alibaba's nor an IP address nor localhost is a domain bound to the bucket",
  }),
  pathStyle: option.boolean("fs.oss.usePathStyle", {
    fallbackKeys: ["fs.oss.second.level.domain.enable"],
    doc: "the bucket in the path instead of the host name; OSS itself refuses this, emulators may need it; not set: true for localhost",
  }),
  userAgentPrefix: option.string("fs.oss.user.agent.prefix", { doc: "put before the User-Agent" }),
  requesterPays: option.boolean("fs.oss.requester.pays.enabled", {
    default: false,
    doc: "the requester pays (x-oss-request-payer)",
  }),

  connections: option.integer("fs.oss.connection.maximum", {
    default: 32,
    min: 1,
    max: 65_535,
    doc: "connections of one file system (bucket)",
  }),
  transferThreads: option.integer("fs.oss.multipart.download.threads", {
    doc: "transfers at the same time, as Hadoop's thread pool limits them: lowers fs.oss.connection.maximum",
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
  caFile: option.string("fs.oss.connection.ca.file", {
    doc: "file of PEM certificates to trust besides the usual ones",
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
  httpClient: option.enumeration("fs.oss.http.client", ["lean", "node"], {
    default: "lean",
    doc: "lean: HTTP/1.1 over bare sockets, at a fraction of the processor time; node: node:http, for tools that watch it",
  }),
  proxyHost: option.string("fs.oss.proxy.host", { doc: "HTTP proxy" }),
  proxyPort: option.integer("fs.oss.proxy.port", {
    min: -1,
    max: 65_535,
    doc: "its port; not set or -1: 443 for an https endpoint, else 80",
  }),
  proxyUsername: option.string("fs.oss.proxy.username", { doc: "for Basic authentication at the proxy" }),
  proxyPassword: option.string("fs.oss.proxy.password", { secret: true, doc: "for Basic authentication" }),

  pageSize: option.integer("fs.oss.paging.maximum", {
    default: 1_000,
    min: 1,
    max: 1_000,
    doc: "keys of one listing page and of one batch delete",
  }),
  listVersion: option.integer("fs.oss.list.version", {
    default: 2,
    doc: "1 or 2: ListObjects or ListObjectsV2",
  }),

  transferMemory: option.memory("fs.oss.transfer.memory", {
    default: 256 * 1024 * 1024,
    min: 1024 * 1024,
    doc: "memory for data on its way, shared by all streams of one file system",
  }),
  downloadPartSize: option.memory("fs.oss.multipart.download.size", {
    min: 1,
    doc: "bytes of one ranged read; not set: 1 MiB at first, doubling to 8 MiB while a file is read in sequence",
  }),
  downloadParts: option.integer("fs.oss.multipart.download.ahead.part.max.number", {
    doc: "ranged reads of one stream that are on their way, while the reader waits for one of them, others may wait for the reader, within fs.oss.transfer.memory; not set: 4 at first, 2 to 24 by what connection and processor allow",
  }),
  vectoredMinSeek: option.memory("fs.oss.vectored.read.min.seek.size", {
    default: 16 * 1024,
    doc: "vectored read: ranges with a smaller gap between them are read together",
  }),
  vectoredMaxMerged: option.memory("fs.oss.vectored.read.max.merged.size", {
    default: 2 * 1024 * 1024,
    doc: "vectored read: bytes that are read together at most; 0: nothing is merged",
  }),
  vectoredActive: option.integer("fs.oss.vectored.active.ranged.reads", {
    default: 8,
    min: 1,
    max: 1_000,
    doc: "vectored read: requests of one call at the same time",
  }),
  uploadPartSize: option.memory("fs.oss.multipart.upload.size", {
    fallbackKeys: ["oss.upload.min.part.size"],
    doc: "part size of uploads, at least 100 KiB; not set: 8 MiB, growing with the file",
  }),
  uploadParts: option.integer("fs.oss.upload.active.blocks", {
    min: 1,
    max: 10_000,
    fallbackKeys: ["oss.upload.max.concurrent.uploads"],
    doc: "parts of one stream that are uploaded at the same time; not set: 4 to 24 by what connection and processor allow",
  }),
  uploadBuffer: option.enumeration(
    "fs.oss.fast.upload.buffer",
    ["array", "bytebuffer", "disk", "array_disk", "bytebuffer_disk"],
    { doc: "where parts wait for their upload; not set: in memory" },
  ),
  uploadBufferLimit: option.integer("fs.oss.fast.upload.memory.limit", {
    default: 1024 ** 3,
    doc: "of array_disk and bytebuffer_disk: bytes in memory, what does not fit goes to disk; 0 or less: no limit",
  }),
  bufferDirectories: option.string("fs.oss.buffer.dir", {
    doc: "folders for parts on disk, separated by commas, used in turn; not set: plugfs-oss in the system's temporary folder",
  }),
  copyThreads: option.integer("fs.oss.max.copy.threads", {
    doc: "copies at the same time; not set: as many as connections",
  }),
  copiesPerFolder: option.integer("fs.oss.max.copy.tasks.per.dir", {
    doc: "copies at the same time in the rename of one folder",
  }),

  skipParentCheck: option.boolean("fs.oss.performance.flags.create", {
    default: false,
    doc: "true: create does not check that the parent is no file, which spares a request",
  }),
  acl: option.string("fs.oss.acl.default", {
    doc: "ACL of the objects that are written: private, public-read, public-read-write or default",
  }),
  encryption: option.string("fs.oss.server-side-encryption-algorithm", {
    doc: "x-oss-server-side-encryption of everything that is written, such as AES256",
  }),
} as const;
