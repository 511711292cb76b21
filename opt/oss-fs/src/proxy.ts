import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** An HTTP proxy, with Basic authentication where it wants one. */
export interface ProxySettings {
  readonly host: string;
  readonly port: number;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** What a request to the proxy carries besides its own headers. */
export function proxyHeaders({ credentials }: ProxySettings): Record<string, string> {
  if (credentials === undefined) return {};
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
  return { "Proxy-Authorization": `Basic ${pair}` };
}

/** Connections through the proxy's `CONNECT`, TLS inside. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: ProxySettings;
  readonly #timeoutMs: number;

  constructor(proxy: ProxySettings, timeoutMs: number, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#timeoutMs = timeoutMs;
  }

  /** Overrides http.Agent's, which the types of Node 20 lack. The connection comes through the callback. */
  createConnection(
    options: https.RequestOptions,
    callback: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    const target = `${options.host}:${options.port}`;
    const request = http.request({
      host: this.#proxy.host,
      port: this.#proxy.port,
      method: "CONNECT",
      path: target,
      headers: { Host: target, ...proxyHeaders(this.#proxy) },
      timeout: this.#timeoutMs,
      agent: false,
    });
    const fail = (error: Error): void => {
      request.destroy();
      callback(error);
    };
    request.once("timeout", () => {
      const message = `the proxy did not answer within ${this.#timeoutMs} ms`;
      fail(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
    });
    request.once("error", callback);
    request.once("response", ({ statusCode }) => fail(refused(statusCode)));
    request.once("connect", (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        callback(refused(response.statusCode));
        return;
      }
      // The request's own timeout lies on the socket still.
      socket.setTimeout(0);
      callback(null, tls.connect({ ...(options as tls.ConnectionOptions), socket }));
    });
    request.end();
    return undefined;
  }
}

function refused(status: number | undefined): Error {
  return new Error(`the proxy refused the connection with HTTP ${status}`);
}
