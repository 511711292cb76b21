import { setMaxListeners } from "node:events";
import { type AccessKey, Credentials } from "./credentials.ts";
import { type DirectAccess, directAccess, ensureBucket } from "./direct.ts";
import { Faults } from "./faults.ts";
import { listenLean } from "./lean/listen.ts";
import { listen } from "./listen.ts";
import { RequestLog } from "./log.ts";
import { checkBucketName } from "./names.ts";
import { type OssServerOptions, settingsOf } from "./options.ts";
import { RequestIds } from "./request-ids.ts";
import { RequestGate, type Shape } from "./shape.ts";
import { diskBackend } from "./storage/disk.ts";
import { memoryBackend } from "./storage/memory.ts";
import { Store } from "./storage/store.ts";

export type { AccessKey } from "./credentials.ts";
export type { DirectAccess, UnfinishedUpload } from "./direct.ts";
export type { Fault, FaultHandle, FaultKind, FaultMatch, FaultRule, RandomFaults } from "./faults.ts";
export type { LogEntry, RequestLog, Traffic } from "./log.ts";
export type { OssServerOptions } from "./options.ts";
export type { Shape } from "./shape.ts";

/** A running OSS server. It stops when its scope ends: `await using server = await startOssServer()`. */
export interface OssServer extends DirectAccess, AsyncDisposable {
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
  const { accessKeyId, accessKeySecret, region, clock } = settings;
  settings.buckets.forEach(checkBucketName);
  const store = await Store.open(settings.data === undefined ? memoryBackend() : diskBackend(settings.data));
  try {
    for (const bucket of settings.buckets) ensureBucket(store, bucket, clock());
    const credentials = new Credentials();
    credentials.add({ accessKeyId, accessKeySecret });
    const { latency, rate, requestsPerSecond, maxConnections, idleTimeout } = settings;
    const shape: Shape = { latency, rate, requestsPerSecond, maxConnections, idleTimeout };
    const ending = new AbortController();
    // One listener for each answer that waits: as many as there are requests.
    setMaxListeners(0, ending.signal);
    const log = new RequestLog(settings.logLimit);
    const faults = new Faults();
    const gate = new RequestGate(shape);
    const requestIds = new RequestIds();
    const open = settings.lean ? listenLean : listen;
    const { endpoint, port, ca, stop } = await open({
      ...{ settings, store, credentials, log, shape, gate, faults, requestIds },
      closing: ending.signal,
    });
    let closed: Promise<void> | undefined;
    const close = () => {
      ending.abort();
      closed ??= stop().then(() => store.close());
      return closed;
    };
    return {
      ...{ endpoint, port, accessKeyId, accessKeySecret, region, ca, log, shape, faults },
      ...directAccess(store, clock),
      addAccessKey: (key) => credentials.add(key),
      removeAccessKey: (id) => credentials.remove(id),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
