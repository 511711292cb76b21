import type { Credentials } from "./credentials.ts";

/** What the metadata service and STS answer alike. Throws when something is missing. */
export function readCredentials(found: Record<string, unknown>): Credentials {
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = found;
  const expiration = Date.parse(String(Expiration));
  if (
    typeof AccessKeyId !== "string" ||
    typeof AccessKeySecret !== "string" ||
    typeof SecurityToken !== "string" ||
    Number.isNaN(expiration)
  ) {
    throw new Error("the answer holds no credentials");
  }
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: AccessKeySecret,
    securityToken: SecurityToken,
    expiration,
  };
}
