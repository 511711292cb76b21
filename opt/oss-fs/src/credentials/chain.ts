import { homedir } from "node:os";
import { join } from "node:path";
import type { Configuration, Logger } from "plugfs";
import { misfit, required, text } from "../configured.ts";
import { KEYS } from "../keys.ts";
import type { CredentialProvider, CredentialSource, Credentials } from "./credentials.ts";
import { ecsRamRoleProvider } from "./ecs-ram-role.ts";
import { environmentProvider } from "./environment.ts";
import { moduleProvider } from "./module.ts";
import { profileProvider } from "./profile.ts";
import { fixedSource, RefreshedSource } from "./source.ts";
import { assumeRoleProvider, oidcProvider } from "./sts.ts";

const NAMES = ["static", "environment", "oidc", "ecs-ram-role", "assume-role", "profile"] as const;
type Name = (typeof NAMES)[number];

/** Java classes that stand in people's files: of the OSS SDK, of hadoop-aliyun, Flink and JindoSDK. */
const JAVA_CLASSES: ReadonlyMap<string, Name> = new Map([
  ["AliyunCredentialsProvider", "static"],
  ["DefaultCredentialProvider", "static"],
  ["SimpleCredentialsProvider", "static"],
  ["SimpleAliyunCredentialsProvider", "static"],
  ["TemporaryCredentialsProvider", "static"],
  ["TemporaryAliyunCredentialsProvider", "static"],
  ["CommonCredentialsProvider", "static"],
  ["EnvironmentVariableCredentialsProvider", "environment"],
  ["InstanceProfileCredentialsProvider", "ecs-ram-role"],
  ["EcsStsCredentialsProvider", "ecs-ram-role"],
  ["STSAssumeRoleSessionCredentialsProvider", "assume-role"],
  ["AssumedRoleCredentialProvider", "assume-role"],
  ["AssumeRoleStsCredentialsProvider", "assume-role"],
  ["RRSACredentialsProvider", "oidc"],
  ["ProfileCredentialsProvider", "profile"],
]);
/** What stands before the class; Flink's shading may lie around the package. */
const JAVA_PACKAGE =
  /^(org\.apache\.flink\.fs\.osshadoop\.(shaded\.)?)?((com\.aliyun|org\.apache\.hadoop)\.[\w.]+\.)?(?=\w+$)/;

/** What is tried without `fs.oss.credentials.provider`, when the configuration holds no keys. */
const DEFAULT_CHAIN = ["environment", "oidc", "ecs-ram-role"] as const;

/**
 * Where credentials come from: what `fs.oss.credentials.provider` names, else the configuration's keys, else the first
 * of environment, OIDC token file and (with a role's name) ECS that is set up. Makes no request. Throws
 * `ConfigurationError`.
 */
export function credentialSource(
  configuration: Configuration,
  logger: Logger,
  environment: NodeJS.ProcessEnv,
): CredentialSource {
  const wanted = text(configuration.get(KEYS.credentialsProvider));
  const make = (name: string): CredentialProvider => makeProvider(name, configuration, environment);
  if (wanted !== undefined) {
    const names = wanted.split(/[,;\s]+/).filter((name) => name !== "");
    const known = names.map((name) => checkedName(name, configuration));
    if (known.length === 1 && known[0] === "static") return fixedSource(staticCredentials(configuration));
    return new RefreshedSource(known.map(make), logger);
  }
  if (!hasStatic(configuration)) {
    const found = DEFAULT_CHAIN.map(make).find((provider) => provider.isConfigured());
    if (found !== undefined) return new RefreshedSource([found], logger);
  }
  return fixedSource(staticCredentials(configuration));
}

function checkedName(name: string, configuration: Configuration): string {
  if (/^(\.{1,2}\/|\/)/.test(name)) return name;
  const plain = NAMES.find((known) => known === name) ?? JAVA_CLASSES.get(name.replace(JAVA_PACKAGE, ""));
  if (plain !== undefined) return plain;
  const expected = `expected one of ${NAMES.join(", ")}, or a module ./name.mjs; "${name}" is none of them`;
  throw misfit(configuration, KEYS.credentialsProvider, expected);
}

function makeProvider(
  name: string,
  configuration: Configuration,
  environment: NodeJS.ProcessEnv,
): CredentialProvider {
  switch (name as Name) {
    case "static":
      return {
        name: "static",
        isConfigured: () => hasStatic(configuration),
        fetch: async () => staticCredentials(configuration),
      };
    case "environment":
      return environmentProvider(environment);
    case "oidc":
      return oidcProvider(oidcSettings(configuration, environment));
    case "ecs-ram-role":
      return ecsRamRoleProvider({
        role: text(configuration.get(KEYS.ecsRole)),
        endpoint: configuration.get(KEYS.ecsEndpoint),
      });
    case "assume-role":
      return assumeRoleProvider(roleSettings(configuration), (signal) => {
        const base = ["static", ...DEFAULT_CHAIN].map((one) => makeProvider(one, configuration, environment));
        const found = base.find((provider) => provider.isConfigured());
        if (found === undefined) throw new Error("there are no credentials to assume the role with");
        return found.fetch(signal);
      });
    case "profile": {
      const file =
        environment.ALIBABA_CLOUD_CREDENTIALS_FILE || join(homedir(), ".alibabacloud", "credentials");
      return profileProvider(file, environment.ALIBABA_CLOUD_PROFILE || "default");
    }
    default:
      return moduleProvider(name);
  }
}

function roleSettings(configuration: Configuration) {
  return {
    arn: text(configuration.get(KEYS.roleArn)),
    sessionName: configuration.get(KEYS.roleSession),
    policy: text(configuration.get(KEYS.rolePolicy)),
    durationSeconds: configuration.get(KEYS.roleDuration),
    endpoint: configuration.get(KEYS.stsEndpoint),
  };
}

function oidcSettings(configuration: Configuration, environment: NodeJS.ProcessEnv) {
  return {
    arn: text(configuration.get(KEYS.oidcRoleArn)) ?? text(environment.ALIBABA_CLOUD_ROLE_ARN),
    providerArn:
      text(configuration.get(KEYS.oidcProviderArn)) ?? text(environment.ALIBABA_CLOUD_OIDC_PROVIDER_ARN),
    tokenFile: text(configuration.get(KEYS.oidcTokenFile)) ?? text(environment.ALIBABA_CLOUD_OIDC_TOKEN_FILE),
    sessionName:
      text(configuration.get(KEYS.oidcSession)) ??
      text(environment.ALIBABA_CLOUD_ROLE_SESSION_NAME) ??
      "plugfs",
    policy: text(configuration.get(KEYS.oidcPolicy)),
    durationSeconds: configuration.get(KEYS.oidcDuration),
    endpoint: configuration.get(KEYS.stsEndpoint),
  };
}

function hasStatic(configuration: Configuration): boolean {
  const { accessKeyId, accessKeySecret } = KEYS;
  return [accessKeyId, accessKeySecret].some((key) => text(configuration.get(key)) !== undefined);
}

function staticCredentials(configuration: Configuration): Credentials {
  return {
    accessKeyId: required(configuration, KEYS.accessKeyId, "the id of an access key"),
    accessKeySecret: required(configuration, KEYS.accessKeySecret, "the secret of the access key"),
    securityToken: text(configuration.get(KEYS.securityToken)),
  };
}
