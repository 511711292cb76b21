import type { CredentialProvider } from "./credentials.ts";
import { readCredentials } from "./fetched.ts";
import { parseAnswer, smallRequest } from "./http.ts";

export interface EcsSettings {
  /** Undefined: the instance's own, which costs a request more. */
  readonly role: string | undefined;
  readonly endpoint: string;
}

export const ECS_METADATA_ENDPOINT = "http://100.100.100.200";
const TIMEOUT_MS = 5_000;
const TOKEN_SECONDS = "21600";
const PATH = "/latest/meta-data/ram/security-credentials/";

/**
 * The RAM role of the ECS instance, by its metadata service
 * (https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata): in hardened mode with a token, else
 * without. The role must be named, or the provider chosen by `fs.oss.credentials.provider`: elsewhere than on ECS the
 * service does not answer.
 */
export function ecsRamRoleProvider(settings: EcsSettings): CredentialProvider {
  const { endpoint } = settings;
  return {
    name: "ecs-ram-role",
    isConfigured: () => settings.role !== undefined,
    async fetch(signal) {
      const headers = await tokenHeader(endpoint, signal);
      const get = (path: string) =>
        smallRequest({ method: "GET", url: endpoint + path, headers, timeoutMs: TIMEOUT_MS, signal });
      let { role } = settings;
      if (role === undefined) {
        const listed = await get(PATH);
        role = listed.body.trim().split("\n")[0];
        if (listed.status !== 200 || !role) throw new Error("the instance has no RAM role");
      }
      const found = parseAnswer(await get(PATH + encodeURIComponent(role)));
      if (found.Code !== "Success") throw new Error(`the metadata service says ${found.Code}`);
      return readCredentials(found);
    },
  };
}

/** Of hardened mode; nothing where the service does not know it. */
async function tokenHeader(endpoint: string, signal: AbortSignal): Promise<Record<string, string>> {
  const { status, body } = await smallRequest({
    method: "PUT",
    url: `${endpoint}/latest/api/token`,
    headers: { "X-aliyun-ecs-metadata-token-ttl-seconds": TOKEN_SECONDS },
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  return status === 200 ? { "X-aliyun-ecs-metadata-token": body.trim() } : {};
}
