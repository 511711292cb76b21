import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { receiveBytes } from "./body.ts";
import { Connections } from "./connections.ts";
import { type AccessKey, Credentials } from "./credentials.ts";
import { Faults } from "./faults.ts";
import { handle } from "./handler.ts";
import { RequestLog } from "./log.ts";
import { checkBucketName, checkObjectName } from "./names.ts";
import { type OssServerOptions, settingsOf } from "./options.ts";
import { RequestIds } from "./request-ids.ts";
import { RequestGate, type Shape } from "./shape.ts";
import { readAll } from "./storage/content.ts";
import { diskBackend } from "./storage/disk.ts";
import { memoryBackend } from "./storage/memory.ts";
import { type Bucket, Store } from "./storage/store.ts";
import { testCertificate } from "./tls/certificate.ts";

export type { Fault, FaultHandle, FaultKind, FaultMatch, FaultRule, RandomFaults } from "./faults.ts";
export type { LogEntry, RequestLog } from "./log.ts";
export type { OssServerOptions } from "./options.ts";
export type { Shape } from "./shape.ts";

/** An upload that was neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly parts: readonly { readonly number: number; readonly size: number }[];
}

/** A running OSS server. It stops when its scope ends: `await using server = await startOssServer()`. */
export interface OssServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` or, with TLS, `https://…`, as `fs.oss.endpoint` takes it. */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly region: string;
  /** With TLS: the certificate, in PEM, of the authority to trust. */
  readonly ca: string | undefined;
  /** What was asked of the server, in the order of arrival. */
  readonly log: RequestLog;
  /** Latency, rates and limits; may be changed while the server runs. */
  readonly shape: Shape;
  /** What goes wrong, by request. */
  readonly faults: Faults;
  /** Makes another access key count, such as a temporary one with its token. */
  addAccessKey(key: AccessKey): void;
  removeAccessKey(accessKeyId: string): void;
  /** Stores an object past HTTP; makes the bucket if need be. */
  put(bucket: string, key: string, bytes: Uint8Array | string): Promise<void>;
  /** The bytes of an object, or undefined. */
  get(bucket: string, key: string): Promise<Uint8Array | undefined>;
  /** Removes an object past HTTP; whether it was there. */
  remove(bucket: string, key: string): boolean;
  /** The keys of a bucket in byte order. */
  keys(bucket: string): string[];
  /** The unfinished multipart uploads of a bucket. */
  uploads(bucket: string): UnfinishedUpload[];
  /** Ends all connections and frees what the server holds; data in a folder stays. */
  close(): Promise<void>;
}

/**
 * Starts a local OSS.
 *
 * @throws RangeError for an option that makes no sense, OssError InvalidBucketName, Error for a port or folder in use
 */
export async function startOssServer(options: OssServerOptions = {}): Promise<OssServer> {
  const settings = settingsOf(options);
  for (const bucket of settings.buckets) checkBucketName(bucket);
  const store = await Store.open(settings.data === undefined ? memoryBackend() : diskBackend(settings.data));
  const ensureBucket = (name: string): Bucket => {
    checkBucketName(name);
    return store.bucket(name) ?? store.createBucket(name, "private", "Standard", settings.clock());
  };
  const existing = (name: string): Bucket => {
    const bucket = store.bucket(name);
    if (bucket === undefined) throw new Error(`The server has no bucket "${name}".`);
    return bucket;
  };
  settings.buckets.forEach(ensureBucket);

  const credentials = new Credentials();
  const { accessKeyId, accessKeySecret, region } = settings;
  credentials.add({ accessKeyId, accessKeySecret });
  const { latency, rate, requestsPerSecond, maxConnections, idleTimeout } = settings;
  const shape: Shape = { latency, rate, requestsPerSecond, maxConnections, idleTimeout };
  const connections = new Connections(shape);
  const log = new RequestLog(settings.logLimit);
  const faults = new Faults();
  const gate = new RequestGate(shape);
  const ending = new AbortController();
  const requestIds = new RequestIds();
  const closing = ending.signal;
  const parts = { settings, store, credentials, log, shape, gate, faults, requestIds, closing };
  const running = new Set<Promise<void>>();
  const listener = (awaitsContinue: boolean) => (message: IncomingMessage, response: ServerResponse) => {
    const connection = connections.of(message.socket);
    if (connection === undefined) return;
    http.keepAliveTimeout = shape.idleTimeout;
    const done = handle(parts, connection, message, response, awaitsContinue);
    running.add(done);
    void done.then(() => running.delete(done));
  };

  const certificate = settings.tls ? testCertificate() : undefined;
  const http =
    certificate === undefined
      ? createServer({ requestTimeout: 0, noDelay: true })
      : createTlsServer({ ...certificate, requestTimeout: 0, noDelay: true });
  // Newer versions of Node add a second to the idle timeout unless told otherwise; the compiler's types lack the word.
  Object.assign(http, { keepAliveTimeoutBuffer: 0 });
  http.on("request", listener(false));
  http.on("checkContinue", listener(true));
  http.on("connection", (socket: Socket) => connections.accept(socket));
  try {
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(settings.port, settings.host, resolve);
    });
  } catch (error) {
    await store.close();
    throw error;
  }
  const { port } = http.address() as AddressInfo;

  let closed: Promise<void> | undefined;
  const close = async () => {
    ending.abort();
    const stopped = new Promise((resolve) => http.close(resolve));
    http.closeAllConnections();
    await stopped;
    await Promise.all(running);
    await store.close();
  };
  const closeOnce = () => {
    closed ??= close();
    return closed;
  };

  return {
    endpoint: `${certificate === undefined ? "http" : "https"}://${settings.host}:${port}`,
    port,
    accessKeyId,
    accessKeySecret,
    region,
    ca: certificate?.ca,
    log,
    shape,
    faults,
    addAccessKey: (key) => credentials.add(key),
    removeAccessKey: (id) => credentials.remove(id),
    async put(bucketName, key, bytes) {
      checkObjectName(key);
      const bucket = ensureBucket(bucketName);
      using received = await receiveBytes(Buffer.from(bytes as Uint8Array), store);
      const { content, size, etag, crc64 } = received;
      const modified = Math.floor(settings.clock() / 1000) * 1000;
      store.putObject(bucket, key, {
        ...{ content, size, etag, crc64, modified },
        ...{ type: "Normal", acl: "default", headers: {}, tags: [] },
      });
    },
    async get(bucketName, key) {
      const object = existing(bucketName).objects.get(key);
      return object === undefined ? undefined : readAll(object.content);
    },
    remove: (bucketName, key) => store.deleteObject(existing(bucketName), key),
    keys: (bucketName) => [...existing(bucketName).objects.from("")].map(([key]) => key),
    uploads: (bucketName) =>
      [...existing(bucketName).uploads.values()].map(({ key, id, started, parts: found }) => ({
        key,
        uploadId: id,
        started,
        parts: [...found.values()].map(({ number, size }) => ({ number, size })),
      })),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
