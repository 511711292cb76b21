import { createHmac, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CredentialProvider, Credentials } from "./credentials.ts";
import { readCredentials } from "./fetched.ts";
import { parseAnswer, smallRequest } from "./http.ts";

export interface RoleSettings {
  readonly arn: string | undefined;
  readonly sessionName: string;
  readonly policy: string | undefined;
  /** Seconds, 900 at least. */
  readonly durationSeconds: number;
  /** Of STS: `https://sts.aliyuncs.com`, or a region's. */
  readonly endpoint: string;
}

export interface OidcSettings extends RoleSettings {
  readonly providerArn: string | undefined;
  /** Read anew every time: the platform replaces the token in it. */
  readonly tokenFile: string | undefined;
}

export const STS_ENDPOINT = "https://sts.aliyuncs.com";
const TIMEOUT_MS = 10_000;

/** A role by the OIDC token of a pod (RRSA): STS's AssumeRoleWithOIDC, which is not signed. */
export function oidcProvider(settings: OidcSettings): CredentialProvider {
  const { arn, providerArn, tokenFile } = settings;
  return {
    name: "oidc",
    isConfigured: () => arn !== undefined && providerArn !== undefined && tokenFile !== undefined,
    async fetch(signal) {
      if (arn === undefined || providerArn === undefined || tokenFile === undefined) {
        throw new Error("role, provider and token file must be set");
      }
      const token = (await readFile(tokenFile, { encoding: "utf8", signal })).trim();
      const parameters = {
        ...common("AssumeRoleWithOIDC", settings),
        OIDCProviderArn: providerArn,
        OIDCToken: token,
      };
      return await ask(settings.endpoint, parameters, signal);
    },
  };
}

/** A role by other credentials: STS's AssumeRole. */
export function assumeRoleProvider(
  settings: RoleSettings,
  base: (signal: AbortSignal) => Promise<Credentials>,
): CredentialProvider {
  return {
    name: "assume-role",
    isConfigured: () => settings.arn !== undefined,
    async fetch(signal) {
      if (settings.arn === undefined) throw new Error("the role must be set");
      const { accessKeyId, accessKeySecret, securityToken } = await base(signal);
      const parameters: Record<string, string> = {
        ...common("AssumeRole", settings),
        AccessKeyId: accessKeyId,
        SignatureMethod: "HMAC-SHA1",
        SignatureVersion: "1.0",
        ...(securityToken === undefined ? {} : { SecurityToken: securityToken }),
      };
      parameters.Signature = signRpc("POST", parameters, accessKeySecret);
      return await ask(settings.endpoint, parameters, signal);
    },
  };
}

function common(action: string, settings: RoleSettings): Record<string, string> {
  return {
    Action: action,
    Format: "JSON",
    Version: "2015-04-01",
    Timestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    SignatureNonce: randomUUID(),
    RoleArn: settings.arn ?? "",
    RoleSessionName: settings.sessionName,
    DurationSeconds: String(settings.durationSeconds),
    ...(settings.policy === undefined ? {} : { Policy: settings.policy }),
  };
}

async function ask(
  endpoint: string,
  parameters: Record<string, string>,
  signal: AbortSignal,
): Promise<Credentials> {
  const answer = parseAnswer(
    await smallRequest({
      method: "POST",
      url: `${endpoint}/`,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: encodeForm(parameters),
      timeoutMs: TIMEOUT_MS,
      signal,
    }),
  );
  return readCredentials((answer.Credentials ?? {}) as Record<string, unknown>);
}

/** The signature of Alibaba's RPC APIs (https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism). */
export function signRpc(
  method: string,
  parameters: Readonly<Record<string, string>>,
  secret: string,
): string {
  const canonical = `${method}&${percentEncode("/")}&${percentEncode(encodeForm(parameters))}`;
  return createHmac("sha1", `${secret}&`).update(canonical).digest("base64");
}

function encodeForm(parameters: Readonly<Record<string, string>>): string {
  return Object.keys(parameters)
    .sort()
    .map((name) => `${percentEncode(name)}=${percentEncode(parameters[name] ?? "")}`)
    .join("&");
}

/** RFC 3986. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
