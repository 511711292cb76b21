import { createHmac } from "node:crypto";
import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import { request as requestTls } from "node:https";
import type { OssServer } from "../server.ts";

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Send no signature. */
  readonly anonymous?: boolean;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  /** Certificates to trust, for a server with TLS. */
  readonly ca?: string;
  /** Whose connections to use; without it each request has its own. */
  readonly agent?: Agent;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The OSS error code, also of an answer to HEAD. */
  readonly code: string | undefined;
}

/**
 * One request by bare node:http, signed (V1) by a signer that the server does not share.
 *
 * @param resource path and query in path style, encoded as they go out: `/demo/a%20b?acl`
 */
export function ask(
  server: OssServer,
  method: string,
  resource: string,
  question: Question = {},
): Promise<Reply> {
  const headers: Record<string, string> = { Date: new Date().toUTCString(), ...question.headers };
  if (question.body !== undefined && headers["Transfer-Encoding"] === undefined) {
    headers["Content-Length"] ??= String(Buffer.byteLength(question.body));
  }
  if (question.anonymous !== true) {
    const { accessKeyId = server.accessKeyId, accessKeySecret = server.accessKeySecret } = question;
    const signature = signV1(method, resource, headers, accessKeySecret);
    headers.Authorization ??= `OSS ${accessKeyId}:${signature}`;
  }
  const url = new URL(server.endpoint);
  const begin = url.protocol === "https:" ? requestTls : request;
  return new Promise((resolve, reject) => {
    const options = {
      host: url.hostname,
      port: url.port,
      method,
      path: resource,
      headers,
      agent: question.agent ?? false,
    };
    const sent = begin(
      { ...options, ...(question.ca === undefined ? {} : { ca: question.ca }) },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const body = Buffer.concat(chunks);
          const hidden = Buffer.from(String(answer.headers["x-oss-err"] ?? ""), "base64");
          const code = /<Code>(.*?)<\/Code>/.exec(
            `${body.subarray(0, 500).toString("latin1")}${hidden}`,
          )?.[1];
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body, code });
        });
      },
    );
    sent.on("error", reject);
    sent.end(question.body);
  });
}

const SIGNED =
  /^(?:acl|append|bucketInfo|continuation-token|delete|lifecycle|location|objectMeta|partNumber|position|response-.*|security-token|stat|symlink|tagging|uploadId|uploads)$/;

/** The V1 signature of a request in path style. */
export function signV1(
  method: string,
  resource: string,
  headers: Readonly<Record<string, string>>,
  secret: string,
): string {
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const [path = "", query = ""] = resource.split("?");
  const parameters = [...new URLSearchParams(query)]
    .filter(([name]) => SIGNED.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  const text = [
    method,
    lower["content-md5"] ?? "",
    lower["content-type"] ?? "",
    lower["x-oss-date"] ?? lower.date ?? "",
    ...Object.keys(lower)
      .filter((name) => name.startsWith("x-oss-"))
      .sort()
      .map((name) => `${name}:${lower[name]}`),
    decodeURIComponent(path) + (parameters.length > 0 ? `?${parameters.join("&")}` : ""),
  ].join("\n");
  return createHmac("sha1", secret).update(text).digest("base64");
}
