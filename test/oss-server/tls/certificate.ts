import { readFileSync } from "node:fs";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");

/**
 * A certificate for localhost, 127.0.0.1, ::1 and the names of OSS in Hangzhou, valid to 2120. Its key is public, so
 * it protects nothing; nobody has the key of the authority any more, so trusting `ca` lets nothing else in.
 */
export function testCertificate(): { cert: string; key: string; ca: string } {
  return { cert: read("server.pem"), key: read("server-key.pem"), ca: read("ca.pem") };
}
