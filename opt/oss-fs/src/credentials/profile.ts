import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { CredentialProvider, Credentials } from "./credentials.ts";

/**
 * Keys in the credentials file of Alibaba's SDKs: sections of `access_key_id`, `access_key_secret` and, of temporary
 * ones, `security_token`.
 */
export function profileProvider(file: string, profile: string): CredentialProvider {
  return {
    name: "profile",
    isConfigured: () => {
      try {
        return read(readFileSync(file, "utf8"), profile) !== undefined;
      } catch {
        return false;
      }
    },
    async fetch(signal) {
      const found = read(await readFile(file, { encoding: "utf8", signal }), profile);
      if (found === undefined) throw new Error(`${file} holds no access key in [${profile}]`);
      return found;
    },
  };
}

function read(text: string, profile: string): Credentials | undefined {
  const values: Record<string, string> = {};
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[([^\]]+)\]/.exec(line);
    if (head !== null) section = (head[1] ?? "").trim();
    const pair = /^\s*([a-z_]+)\s*=\s*(\S*)\s*$/i.exec(line);
    if (pair !== null && section === profile) values[pair[1] ?? ""] = pair[2] ?? "";
  }
  const { access_key_id: accessKeyId, access_key_secret: accessKeySecret, security_token: token } = values;
  if (!accessKeyId || !accessKeySecret) return undefined;
  return { accessKeyId, accessKeySecret, securityToken: token || undefined };
}
