import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, errorAnswer, toOssError } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { authorizeAnonymous } from "./authorize.ts";
import { RequestBody } from "./body.ts";
import type { Connection } from "./connections.ts";
import type { Credentials } from "./credentials.ts";
import type { LogEntry, RequestLog } from "./log.ts";
import { operationFor } from "./operations/table.ts";
import type { Settings } from "./options.ts";
import { readRequest } from "./request.ts";
import { send } from "./respond.ts";
import type { Shape } from "./shape.ts";
import type { Store } from "./storage/store.ts";

/** The parts of a running server that a request meets. */
export interface Parts {
  readonly settings: Settings;
  readonly store: Store;
  readonly credentials: Credentials;
  readonly log: RequestLog;
  readonly shape: Shape;
}

/** Answers one request, from its head to its last byte. Never rejects. */
export async function handle(
  parts: Parts,
  connection: Connection,
  message: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
): Promise<void> {
  const entry: LogEntry = {
    operation: "Unknown",
    method: message.method ?? "",
    bucket: "",
    key: "",
    range: message.headers.range,
    status: 0,
    code: undefined,
    bytesIn: 0,
    bytesOut: 0,
    connection: connection.number,
    requestId: randomBytes(12).toString("hex").toUpperCase(),
  };
  parts.log.add(entry);
  let continued = !awaitsContinue;
  const body = new RequestBody(message, entry, connection.incoming, () => {
    if (!continued) response.writeContinue();
    continued = true;
  });
  const started = performance.now();
  let given: Answer;
  try {
    given = await perform(parts, message, entry, body);
  } catch (error) {
    if (message.socket.destroyed) return;
    const ossError = toOssError(error);
    entry.code = ossError.code;
    given = errorAnswer(ossError, entry.method, entry.requestId, message.headers.host ?? "");
  }
  response.setHeader("Server", "AliyunOSS");
  response.setHeader("x-oss-request-id", entry.requestId);
  response.setHeader("x-oss-server-time", String(Math.round(performance.now() - started)));
  // The client was never told to go on, so whether its body follows is not known: the connection ends here.
  if (!continued) response.setHeader("Connection", "close");
  try {
    await send(given, { message, response, entry, pace: connection.outgoing, latency: parts.shape.latency });
  } catch {
    response.destroy();
  }
}

async function perform(
  { settings, store, credentials }: Parts,
  message: IncomingMessage,
  entry: LogEntry,
  body: RequestBody,
): Promise<Answer> {
  const request = readRequest(message);
  const { method, query, headers } = request;
  const now = settings.clock();
  const [likely] = request.targets;
  entry.bucket = likely.bucket;
  entry.key = likely.key;
  const { target, accessKeyId } = authenticate(request, { credentials, region: settings.region, now });
  entry.bucket = target.bucket;
  entry.key = target.key;
  const operation = operationFor(method, target, query, headers);
  entry.operation = operation.name;
  const isAnonymous = accessKeyId === undefined;
  if (isAnonymous) {
    const bucket = store.bucket(target.bucket);
    authorizeAnonymous(operation.access, bucket, bucket?.objects.get(target.key));
  }
  const host = message.headers.host ?? "";
  const { bucket, key } = target;
  return operation.run({
    method,
    bucket,
    key,
    query,
    headers,
    body,
    isAnonymous,
    host,
    store,
    settings,
    now,
  });
}
