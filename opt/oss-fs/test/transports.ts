import { testCertificate } from "../../../test/oss-server/tls/certificate.ts";
import type { RequestBody } from "../src/body.ts";
import type { Answer, Transport, TransportOptions } from "../src/transport.ts";
import type { RawServer } from "./raw-server.ts";

/** Of a transport to one test server: patient, with few connections. */
export function transportOptions(
  httpClient: TransportOptions["httpClient"],
  more: Partial<TransportOptions>,
): TransportOptions {
  return {
    httpClient,
    connections: 4,
    connectTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    pathStyle: true,
    ca: testCertificate().ca,
    proxy: undefined,
    ...more,
  };
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, unknown>;
  readonly body?: RequestBody;
  readonly signal?: AbortSignal;
}

/** The answer; rejects with what failed. */
export async function ask(transport: Transport, server: RawServer, asked: Asked = {}): Promise<Answer> {
  const { method = "GET", path = "/k", headers = {}, body, signal } = asked;
  const outcome = await transport.request(server.origin + path, { method, headers, ctx: { body, signal } });
  if ("failure" in outcome) throw outcome.failure;
  return outcome;
}
