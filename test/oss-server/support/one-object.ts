import { type OssServer, startOssServer } from "../server.ts";

/** 1,000 bytes that tell their place. */
export const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

/** A server whose bucket `demo` holds `BYTES` as `a`. */
export async function serverWithObject(): Promise<OssServer> {
  const server = await startOssServer({ buckets: ["demo"] });
  await server.put("demo", "a", BYTES);
  return server;
}
