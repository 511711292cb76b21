import type { CredentialProvider, Credentials } from "./credentials.ts";

/** The names of Alibaba's tools, then those of the Java SDK's provider. */
const NAMES = [
  ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
  ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
] as const;

/** Keys in environment variables. */
export function environmentProvider(environment: NodeJS.ProcessEnv): CredentialProvider {
  const find = (): Credentials | undefined => {
    for (const [id, secret, token] of NAMES) {
      const accessKeyId = environment[id]?.trim();
      const accessKeySecret = environment[secret]?.trim();
      if (!accessKeyId || !accessKeySecret) continue;
      return { accessKeyId, accessKeySecret, securityToken: environment[token]?.trim() || undefined };
    }
    return undefined;
  };
  return {
    name: "environment",
    isConfigured: () => find() !== undefined,
    async fetch() {
      const found = find();
      if (found === undefined) throw new Error(`${NAMES[0][0]} and ${NAMES[0][1]} are not set`);
      return found;
    },
  };
}
