import { OssError } from "./errors.ts";
import { type Content, EMPTY_CONTENT } from "./storage/content.ts";
import { document, element } from "./xml.ts";

/** What an operation answers. `body` is text or what the store holds; it is not sent for HEAD. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Content;
}

export function answer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: EMPTY_CONTENT };
}

export function xmlAnswer(
  root: string,
  content: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status: 200,
    headers: { "Content-Type": "application/xml", ...headers },
    body: document(root, content),
  };
}

/** The answer for an error; on HEAD the document travels in `x-oss-err`, in base64. */
export function errorAnswer(error: OssError, method: string, requestId: string, host: string): Answer {
  if (error.status === 304) return answer(304, error.headers);
  const given = errorDocument(error, requestId, host);
  if (method !== "HEAD") return given;
  return answer(error.status, {
    "x-oss-err": Buffer.from(given.body as string).toString("base64"),
    ...error.headers,
  });
}

/** OSS document "Error responses". */
export function errorDocument(error: OssError, requestId: string, host: string): Answer {
  const details = Object.entries(error.details).map(([name, text]) => element(name, text));
  const body = document(
    "Error",
    element("Code", error.code) +
      element("Message", error.message) +
      element("RequestId", requestId) +
      element("HostId", host) +
      details.join(""),
  );
  return { status: error.status, headers: { "Content-Type": "application/xml", ...error.headers }, body };
}

/** Anything thrown as an error of OSS; what is a fault of this server is InternalError. */
export function toOssError(error: unknown): OssError {
  if (error instanceof OssError) return error;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new OssError(500, "InternalError", `We encountered an internal error: ${reason}`);
}
