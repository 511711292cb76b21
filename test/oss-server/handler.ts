import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, errorAnswer, errorDocument, toOssError } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { authorizeAnonymous } from "./authorize.ts";
import { RequestBody } from "./body.ts";
import type { Call, Operation } from "./call.ts";
import type { Connection } from "./connections.ts";
import type { Credentials } from "./credentials.ts";
import { OssError } from "./errors.ts";
import { type Fault, type Faults, faultOf } from "./faults.ts";
import type { LogEntry, RequestLog } from "./log.ts";
import { operationFor } from "./operations/table.ts";
import type { Settings } from "./options.ts";
import { readRequest } from "./request.ts";
import type { RequestIds } from "./request-ids.ts";
import { send } from "./respond.ts";
import type { RequestGate, Shape } from "./shape.ts";
import { BodyBreak } from "./spoil.ts";
import type { Content } from "./storage/content.ts";
import type { Store } from "./storage/store.ts";
import type { Incoming, Outgoing } from "./wire.ts";

/** The parts of a running server that a request meets. */
export interface Parts {
  readonly settings: Settings;
  readonly store: Store;
  readonly credentials: Credentials;
  readonly log: RequestLog;
  readonly shape: Shape;
  readonly gate: RequestGate;
  readonly faults: Faults;
  readonly requestIds: RequestIds;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

/** One request on its way through the server. */
interface Exchange {
  readonly parts: Parts;
  readonly connection: Connection;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly entry: LogEntry;
  /** Set by an `Expect: 100-continue` that was not answered yet. */
  awaitsContinue: boolean;
  faults: readonly Fault[];
  /** What the answer sends, kept until it is sent. */
  kept: Content;
}

/** Answers one request, from its head to its last byte. Never rejects. */
export async function handle(
  parts: Parts,
  connection: Connection,
  incoming: Incoming,
  outgoing: Outgoing,
  awaitsContinue: boolean,
): Promise<void> {
  const entry: LogEntry = {
    operation: "Unknown",
    method: incoming.method,
    bucket: "",
    key: "",
    range: incoming.headers.get("range"),
    status: 0,
    code: undefined,
    bytesIn: 0,
    bytesOut: 0,
    connection: connection.number,
    requestId: parts.requestIds.next(),
    faults: [],
  };
  parts.log.add(entry);
  const exchange: Exchange = {
    parts,
    connection,
    incoming,
    outgoing,
    entry,
    awaitsContinue,
    faults: [],
    kept: [],
  };
  const { shape, closing } = parts;
  const started = performance.now();
  try {
    const given = await answerFor(exchange);
    if (given === undefined) return;
    const common: Record<string, string> = {
      Server: "AliyunOSS",
      "x-oss-request-id": entry.requestId,
      "x-oss-server-time": String(Math.round(performance.now() - started)),
    };
    // The client was never told to go on, so whether its body follows is not known: the connection ends here.
    if (exchange.awaitsContinue) common.Connection = "close";
    const { faults } = exchange;
    const { method } = incoming;
    const { latency } = shape;
    await send(given, { method, common, outgoing, entry, connection, faults, latency, closing });
    // What is left of a body that was refused is read and dropped, so that the client gets to see its answer.
    incoming.drop();
  } catch {
    outgoing.destroy();
  } finally {
    parts.store.release(exchange.kept);
    parts.log.count(entry);
  }
}

/** What is to be answered; undefined: nothing, as the connection has gone or stays silent. */
async function answerFor(exchange: Exchange): Promise<Answer | undefined> {
  const { incoming, outgoing, entry, connection, parts } = exchange;
  const host = incoming.headers.get("host") ?? "";
  try {
    const { operation, call } = understand(exchange);
    parts.gate.pass();
    if (!(await isSpared(exchange))) return undefined;
    const { faults } = exchange;
    const mock = faultOf(faults, "ok-with-error-body");
    if (mock !== undefined) {
      const error = new OssError(
        200,
        mock.code,
        mock.message ?? "The request failed after its answer began.",
      );
      entry.code = mock.code;
      return errorDocument(error, entry.requestId, host);
    }
    const running = operation.run(call);
    // Without an await for what is there at once: its bytes have to be kept before anybody else replaces the object.
    const given = running instanceof Promise ? await running : running;
    if (typeof given.body !== "string") {
      parts.store.retain(given.body);
      exchange.kept = given.body;
    }
    if (faultOf(faults, "answer-lost") !== undefined) {
      connection.reset();
      return undefined;
    }
    return withHeaders(given, faults);
  } catch (error) {
    if (error instanceof BodyBreak) {
      if (error.how === "stall") await outgoing.closed();
      else connection.reset();
      return undefined;
    }
    if (incoming.isGone) return undefined;
    const ossError = toOssError(error);
    entry.code = ossError.code;
    return withHeaders(errorAnswer(ossError, entry.method, entry.requestId, host), exchange.faults);
  }
}

/** Who asks for what: the request's head read, its signature checked, its operation found, its faults drawn. */
function understand(exchange: Exchange): { operation: Operation; call: Call } {
  const { incoming, outgoing, entry, connection, parts } = exchange;
  const { settings, store, credentials } = parts;
  const request = readRequest(incoming);
  const { method, query, headers } = request;
  const now = settings.clock();
  const [likely] = request.targets;
  entry.bucket = likely.bucket;
  entry.key = likely.key;
  const { target, accessKeyId } = authenticate(request, { credentials, region: settings.region, now });
  const { bucket, key } = target;
  entry.bucket = bucket;
  entry.key = key;
  const operation = operationFor(method, target, query, headers);
  entry.operation = operation.name;
  const isAnonymous = accessKeyId === undefined;
  if (isAnonymous) {
    const found = store.bucket(bucket);
    authorizeAnonymous(operation.access, found, found?.objects.get(key));
  }
  const { range } = entry;
  exchange.faults = parts.faults.draw({ operation: operation.name, method, bucket, key, range, headers });
  entry.faults = exchange.faults.map((fault) => fault.kind);
  const body = new RequestBody(incoming, entry, connection.incoming, exchange.faults, () => {
    if (exchange.awaitsContinue) outgoing.goOn();
    exchange.awaitsContinue = false;
  });
  const host = headers.get("host") ?? "";
  const { faults } = exchange;
  const call = { method, bucket, key, query, headers, body, isAnonymous, faults, host, store, settings, now };
  return { operation, call };
}

/**
 * Lets the faults happen that come before the operation. False: there is nothing more to do.
 *
 * @throws OssError the one that a fault asks for
 */
async function isSpared({ faults, connection, outgoing, parts }: Exchange): Promise<boolean> {
  const delay = faultOf(faults, "delay");
  if (delay !== undefined) await sleep(delay.ms, undefined, { signal: parts.closing });
  if (faultOf(faults, "reset-before-headers") !== undefined) {
    connection.reset();
    return false;
  }
  if (faultOf(faults, "silence") !== undefined) {
    await outgoing.closed();
    return false;
  }
  const throttle = faultOf(faults, "throttle");
  if (throttle !== undefined) {
    const { delayMs } = throttle;
    const headers = delayMs === undefined ? {} : { "x-oss-qos-delay-time": String(delayMs) };
    throw new OssError(503, "SlowDown", "Please reduce your request rate.", {}, headers);
  }
  const status = faultOf(faults, "status");
  if (status !== undefined) {
    throw new OssError(
      status.status,
      status.code,
      status.message ?? "A fault of the test.",
      {},
      status.headers,
    );
  }
  return true;
}

function withHeaders(given: Answer, faults: readonly Fault[]): Answer {
  const change = faultOf(faults, "headers");
  if (change === undefined) return given;
  const headers = new Map(Object.entries(given.headers));
  for (const [name, value] of Object.entries(change.headers)) {
    for (const present of [...headers.keys()]) {
      if (present.toLowerCase() === name.toLowerCase()) headers.delete(present);
    }
    if (value !== undefined) headers.set(name, value);
  }
  return { ...given, headers: Object.fromEntries(headers) };
}
