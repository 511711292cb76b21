import http from "node:http";
import https from "node:https";

export interface SmallRequest {
  readonly method: "GET" | "PUT" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for the whole. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/** Whether another attempt may help. */
export function isTransient(error: unknown): boolean {
  return typeof error === "object" && error !== null && "transient" in error && error.transient === true;
}

/** A request to a credential service, on a connection of its own that is closed afterwards. */
export function smallRequest(request: SmallRequest): Promise<{ status: number; body: string }> {
  const { method, url, headers = {}, body, timeoutMs } = request;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve, reject) => {
    const client = url.startsWith("https:") ? https : http;
    const fail = (cause: Error): void => {
      const reason = cause.name === "AbortError" ? signal.reason : cause;
      const message = `${new URL(url).host} does not answer (${reason?.message ?? reason})`;
      reject(Object.assign(new Error(message, { cause }), { transient: true }));
    };
    const sent = client.request(url, { method, headers, agent: false, signal }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("error", fail);
      answer.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) answer.destroy(new Error("the answer is too long"));
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text }));
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

/** Reads an answer in JSON; throws with the service's own code and message, never with the whole body. */
export function parseAnswer(answer: { status: number; body: string }): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.body);
  } catch {
    throw new Error(`HTTP ${answer.status}, and no JSON`);
  }
  if (typeof parsed !== "object" || parsed === null) throw new Error(`HTTP ${answer.status}, and no object`);
  const { Code, Message } = parsed as Record<string, unknown>;
  if (answer.status !== 200) {
    const error = new Error(`HTTP ${answer.status} ${Code ?? ""} ${Message ?? ""}`.trim());
    throw Object.assign(error, { transient: answer.status >= 500 || answer.status === 429 });
  }
  return parsed as Record<string, unknown>;
}
