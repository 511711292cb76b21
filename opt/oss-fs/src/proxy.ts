import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
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

/**
 * A connection to `target` (`host:port`) through the proxy's `CONNECT`. Calls `done` once, unless it is given up by
 * what is returned.
 */
export function openTunnel(
  proxy: ProxySettings,
  target: string,
  timeoutMs: number,
  done: (error: Error | null, socket?: Socket) => void,
): () => void {
  const request = http.request({
    host: proxy.host,
    port: proxy.port,
    method: "CONNECT",
    path: target,
    headers: { Host: target, ...proxyHeaders(proxy) },
    timeout: timeoutMs,
    agent: false,
  });
  const fail = (error: Error): void => {
    request.destroy();
    done(error);
  };
  request.once("timeout", () => {
    const message = `the proxy did not answer within ${timeoutMs} ms`;
    fail(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
  });
  request.on("error", done);
  request.once("response", ({ statusCode }) => fail(refused(statusCode)));
  request.once("connect", (response, socket) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      done(refused(response.statusCode));
      return;
    }
    // The request's own timeout lies on the socket still.
    socket.setTimeout(0);
    done(null, socket as Socket);
  });
  request.end();
  return () => request.destroy();
}

/** Connections through the proxy, TLS inside. */
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
    openTunnel(this.#proxy, `${options.host}:${options.port}`, this.#timeoutMs, (error, socket) => {
      if (socket === undefined) callback(error);
      else callback(null, tls.connect({ ...(options as tls.ConnectionOptions), socket }));
    });
    return undefined;
  }
}

function refused(status: number | undefined): Error {
  return new Error(`the proxy refused the connection with HTTP ${status}`);
}
