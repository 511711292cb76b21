import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that a service saw: path, parameters of a form, headers. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly form: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
}

export interface TestService {
  readonly endpoint: string;
  readonly seen: readonly SeenRequest[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers every request by `answer`: a status and a body. */
export async function startService(
  answer: (request: SeenRequest) => readonly [number, string],
): Promise<TestService> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = "";
    for await (const chunk of incoming) body += chunk;
    const { method = "", url = "", headers } = incoming;
    const request = { method, path: url, form: new URLSearchParams(body), headers };
    seen.push(request);
    const [status, text] = answer(request);
    outgoing.writeHead(status, { "Content-Type": "application/json" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The signature of Alibaba's RPC APIs, written from its description. */
export function rpcSignature(form: URLSearchParams, secret: string): string {
  const encode = (text: string) =>
    [...Buffer.from(text)]
      .map((byte) =>
        /[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte))
          ? String.fromCharCode(byte)
          : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
      )
      .join("");
  const pairs = [...form].filter(([name]) => name !== "Signature").sort(([a], [b]) => (a < b ? -1 : 1));
  const query = pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
  return createHmac("sha1", `${secret}&`)
    .update(`POST&%2F&${encode(query)}`)
    .digest("base64");
}
