import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Configuration, type Logger } from "plugfs";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { rpcSignature, startService } from "../../test/credential-services.ts";
import { BUCKET, openFileSystem, openFixture, path, read, sample, write } from "../../test/support.ts";
import { credentialSource } from "./chain.ts";
import type { CredentialProvider, Credentials } from "./credentials.ts";
import { RefreshedSource } from "./source.ts";

const silent = () => {};
const LOGGER: Logger = { debug: silent, info: silent, warn: silent, error: silent };

function source(values: Record<string, unknown>, environment: Record<string, string> = {}) {
  return credentialSource(Configuration.of(values), LOGGER, environment);
}

const HOUR = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR).toISOString();
const given = (expiration = inAnHour()) => ({
  AccessKeyId: "STS.id",
  AccessKeySecret: "sts-secret",
  SecurityToken: "sts-token",
  Expiration: expiration,
});

function expected(found: Credentials) {
  const { accessKeyId, accessKeySecret, securityToken } = found;
  assert.deepEqual([accessKeyId, accessKeySecret, securityToken], ["STS.id", "sts-secret", "sts-token"]);
  assert.ok(Math.abs((found.expiration ?? 0) - Date.now() - HOUR) < 60_000);
}

test("ECS: hardened metadata with a token, and the role by name", async () => {
  await using service = await startService(({ method, path, headers }) => {
    if (method === "PUT" && path === "/latest/api/token") return [200, "metadata-token"];
    if (headers["x-aliyun-ecs-metadata-token"] !== "metadata-token") return [403, ""];
    if (path === "/latest/meta-data/ram/security-credentials/") return [200, "my role\n"];
    if (path === "/latest/meta-data/ram/security-credentials/my%20role") {
      return [200, JSON.stringify({ Code: "Success", ...given() })];
    }
    return [404, ""];
  });
  const endpoint = { "fs.oss.ecs.metadata.endpoint": service.endpoint };
  expected(await source({ ...endpoint, "fs.oss.ecs.ram.role.name": "my role" }).get(undefined));
  assert.equal(service.seen.length, 2);
  expected(await source({ ...endpoint, "fs.oss.credentials.provider": "ecs-ram-role" }).get(undefined));
  assert.equal(service.seen.length, 5);
});

test("ECS: metadata without tokens, and a role that is not there", async () => {
  await using service = await startService(({ method, path }) => {
    if (method === "PUT") return [404, ""];
    if (path.endsWith("/known")) return [200, JSON.stringify({ Code: "Success", ...given() })];
    return [404, "<html>not found</html>"];
  });
  const endpoint = { "fs.oss.ecs.metadata.endpoint": service.endpoint };
  expected(await source({ ...endpoint, "fs.oss.ecs.ram.role.name": "known" }).get(undefined));
  await assert.rejects(async () => source({ ...endpoint, "fs.oss.ecs.ram.role.name": "x" }).get(undefined), {
    code: "EACCES",
    message: /no credentials from ecs-ram-role: HTTP 404/,
  });
});

test("OIDC: the token file is exchanged at STS, by keys or by the platform's variables", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "token");
  await writeFile(file, "oidc-token\n");
  await using sts = await startService(() => [200, JSON.stringify({ Credentials: given() })]);
  const endpoint = { "fs.oss.assumed.role.sts.endpoint": sts.endpoint };
  const keys = {
    "fs.oss.oidc.role.arn": "role-arn",
    "fs.oss.oidc.provider.arn": "provider-arn",
    "fs.oss.oidc.token.file": file,
  };
  const variables = {
    ALIBABA_CLOUD_ROLE_ARN: "role-arn",
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: "provider-arn",
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: file,
  };
  expected(await source({ ...endpoint, ...keys }).get(undefined));
  expected(await source(endpoint, variables).get(undefined));
  for (const { form } of sts.seen) {
    assert.equal(form.get("Action"), "AssumeRoleWithOIDC");
    assert.equal(form.get("RoleArn"), "role-arn");
    assert.equal(form.get("OIDCProviderArn"), "provider-arn");
    assert.equal(form.get("OIDCToken"), "oidc-token");
    assert.equal(form.get("DurationSeconds"), "3600");
    assert.equal(form.get("Signature"), null);
  }
});

test("a role is assumed with signed requests", async () => {
  await using sts = await startService(({ form }) => {
    const right = form.get("Signature") === rpcSignature(form, "base-secret");
    return right
      ? [200, JSON.stringify({ Credentials: given() })]
      : [400, '{"Code":"SignatureDoesNotMatch"}'];
  });
  const keys = {
    "fs.oss.credentials.provider": "com.aliyun.oss.common.auth.STSAssumeRoleSessionCredentialsProvider",
    "fs.oss.assumed.role.sts.endpoint": sts.endpoint,
    "fs.oss.assumed.role.arn": "acs:ram::1:role/x",
    "fs.oss.assumed.role.policy": '{"a": "b*~!"}',
    "fs.oss.accessKeyId": "base",
    "fs.oss.accessKeySecret": "base-secret",
  };
  expected(await source(keys).get(undefined));
  expected(await source({ ...keys, "fs.oss.securityToken": "chained" }).get(undefined));
  assert.equal(sts.seen[1]?.form.get("SecurityToken"), "chained");
  await assert.rejects(async () => source({ ...keys, "fs.oss.accessKeySecret": "x" }).get(undefined), {
    code: "EACCES",
    message: /assume-role: HTTP 400 SignatureDoesNotMatch/,
  });
});

test("environment, profile file and modules", async () => {
  await using folder = await temporaryFolder();
  const pairs = async (values: Record<string, unknown>, environment = {}) => {
    const { accessKeyId, accessKeySecret, securityToken } = await source(values, environment).get(undefined);
    return [accessKeyId, accessKeySecret, securityToken];
  };
  const environment = { ALIBABA_CLOUD_ACCESS_KEY_ID: "a", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "b" };
  const java = { OSS_ACCESS_KEY_ID: "c", OSS_ACCESS_KEY_SECRET: "d", OSS_SESSION_TOKEN: "e" };
  assert.deepEqual(await pairs({}, environment), ["a", "b", undefined]);
  const named =
    "org.apache.flink.fs.osshadoop.shaded.com.aliyun.oss.common.auth.EnvironmentVariableCredentialsProvider";
  assert.deepEqual(await pairs({ "fs.oss.credentials.provider": named }, java), ["c", "d", "e"]);
  const keys = { "fs.oss.accessKeyId": "x", "fs.oss.accessKeySecret": "y" };
  assert.deepEqual(await pairs(keys, environment), ["x", "y", undefined]);
  assert.deepEqual(
    await pairs(
      { ...keys, "fs.oss.credentials.provider": "profile, static" },
      { ALIBABA_CLOUD_CREDENTIALS_FILE: "/no" },
    ),
    ["x", "y", undefined],
  );

  const file = join(folder.path, "credentials");
  await writeFile(
    file,
    "[other]\naccess_key_id=o\n[default]\ntype = access_key\naccess_key_id = p\naccess_key_secret = q\n",
  );
  assert.deepEqual(
    await pairs({ "fs.oss.credentials.provider": "profile" }, { ALIBABA_CLOUD_CREDENTIALS_FILE: file }),
    ["p", "q", undefined],
  );

  const module = join(folder.path, "mine.mjs");
  await writeFile(module, "export default async () => ({ accessKeyId: 'm', accessKeySecret: 'n' });");
  assert.deepEqual(await pairs({ "fs.oss.credentials.provider": module }), ["m", "n", undefined]);
  await writeFile(join(folder.path, "bad.mjs"), "export default () => ({ accessKeyId: 'm' });");
  await assert.rejects(pairs({ "fs.oss.credentials.provider": join(folder.path, "bad.mjs") }), {
    code: "EACCES",
    message: /returned no credentials/,
  });
});

test("the Java classes of people's files mean what they are", async () => {
  await using service = await startService(({ method, form }) => {
    if (form.get("Action") !== null) return [200, JSON.stringify({ Credentials: given() })];
    return method === "PUT" ? [404, ""] : [200, JSON.stringify({ Code: "Success", ...given() })];
  });
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "[default]\naccess_key_id = profile\naccess_key_secret = s\n");
  const everything = {
    "fs.oss.accessKeyId": "static",
    "fs.oss.accessKeySecret": "s",
    "fs.oss.ecs.metadata.endpoint": service.endpoint,
    "fs.oss.ecs.ram.role.name": "role",
    "fs.oss.assumed.role.sts.endpoint": service.endpoint,
    "fs.oss.assumed.role.arn": "arn",
    "fs.oss.assumed.role.session.name": "own-session",
    "fs.oss.assumed.role.expiration": 1000,
    "fs.oss.oidc.role.arn": "arn",
    "fs.oss.oidc.provider.arn": "provider",
    "fs.oss.oidc.token.file": file,
    "fs.oss.oidc.session.name": "pod",
    "fs.oss.oidc.policy": "{}",
    "fs.oss.oidc.expiration": 2000,
  };
  const environment = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: "environment",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s",
    ALIBABA_CLOUD_CREDENTIALS_FILE: file,
  };
  const from = async (provider: string): Promise<string> => {
    const before = service.seen.length;
    const values = { ...everything, "fs.oss.credentials.provider": provider };
    const { accessKeyId } = await source(values, environment).get(undefined);
    const asked = service.seen.slice(before).at(-1)?.form;
    return asked === undefined ? accessKeyId : (asked.get("Action") ?? "metadata");
  };
  const sdk = "com.aliyun.oss.common.auth.";
  const jindo = "com.aliyun.jindodata.oss.auth.";
  for (const [provider, expected] of [
    ["org.apache.hadoop.fs.aliyun.oss.AliyunCredentialsProvider", "static"],
    [
      "org.apache.flink.fs.osshadoop.shaded.org.apache.hadoop.fs.aliyun.oss.AliyunCredentialsProvider",
      "static",
    ],
    [`${sdk}DefaultCredentialProvider`, "static"],
    [`${jindo}SimpleCredentialsProvider,${jindo}EnvironmentVariableCredentialsProvider`, "static"],
    ["com.aliyun.emr.fs.auth.TemporaryAliyunCredentialsProvider", "static"],
    [`${sdk}EnvironmentVariableCredentialsProvider`, "environment"],
    [`org.apache.flink.fs.osshadoop.shaded.${sdk}EnvironmentVariableCredentialsProvider`, "environment"],
    [`${jindo}EcsStsCredentialsProvider`, "metadata"],
    [`${sdk}InstanceProfileCredentialsProvider`, "metadata"],
    ["org.apache.hadoop.fs.aliyun.oss.AssumedRoleCredentialProvider", "AssumeRole"],
    [`${sdk}STSAssumeRoleSessionCredentialsProvider`, "AssumeRole"],
    ["org.apache.flink.fs.osshadoop.RRSACredentialsProvider", "AssumeRoleWithOIDC"],
    [`${sdk}ProfileCredentialsProvider`, "profile"],
  ] as const) {
    assert.equal(await from(provider), expected, provider);
  }
  await from("assume-role");
  const assumed = service.seen.at(-1)?.form;
  assert.deepEqual(
    [assumed?.get("RoleSessionName"), assumed?.get("DurationSeconds")],
    ["own-session", "1000"],
  );
  await from("oidc");
  const pod = service.seen.at(-1)?.form;
  assert.deepEqual(
    [pod?.get("RoleSessionName"), pod?.get("DurationSeconds"), pod?.get("Policy")],
    ["pod", "2000", "{}"],
  );
  for (const unknown of [
    "com.example.EnvironmentVariableCredentialsProvider",
    "toString",
    "com.aliyun.x.Mine",
  ]) {
    await assert.rejects(from(unknown), { code: "ERR_CONFIG_VALUE", key: "fs.oss.credentials.provider" });
  }
});

test("nothing set up names what to set; an unknown provider names the known ones", () => {
  assert.throws(() => source({}), { code: "ERR_CONFIG_MISSING", key: "fs.oss.accessKeyId" });
  assert.throws(() => source({ "fs.oss.credentials.provider": "com.example.Mine" }), {
    code: "ERR_CONFIG_VALUE",
    key: "fs.oss.credentials.provider",
    message: /expected one of static, environment/,
  });
});

/** Gives out numbered credentials that live as long as told. */
class Counting implements CredentialProvider {
  readonly name = "counting";
  fetches = 0;
  fails = false;
  life: number;
  /** The fetch under way, or the last one. */
  last: Promise<unknown> = Promise.resolve();
  constructor(life: number) {
    this.life = life;
  }
  isConfigured() {
    return true;
  }
  fetch(): Promise<Credentials> {
    const fetching = this.#fetch();
    this.last = fetching.catch(() => {});
    return fetching;
  }
  async #fetch(): Promise<Credentials> {
    this.fetches++;
    await setImmediate();
    if (this.fails) throw new Error("STS is down");
    return { accessKeyId: `id-${this.fetches}`, accessKeySecret: "s", expiration: Date.now() + this.life };
  }
}

test("one fetch serves every caller", async () => {
  const provider = new Counting(HOUR);
  const refreshed = new RefreshedSource([provider], LOGGER);
  const all = await Promise.all(Array.from({ length: 20 }, () => refreshed.get(undefined)));
  assert.equal(provider.fetches, 1);
  assert.ok(all.every((credentials) => credentials === all[0]));
  assert.equal(refreshed.get(undefined), all[0]);
});

test("fresh ones are asked for ahead of expiry, beside the requests; a failure keeps the old ones", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const warnings: string[] = [];
  const provider = new Counting(HOUR);
  const refreshed = new RefreshedSource([provider], {
    ...LOGGER,
    warn: (_, text) => void warnings.push(text),
  });
  const first = await refreshed.get(undefined);
  t.mock.timers.setTime(1_000_000 + HOUR - 4 * 60_000);
  provider.fails = true;
  assert.equal(refreshed.get(undefined), first);
  await provider.last;
  await setImmediate();
  assert.equal(warnings.length, 1);
  assert.equal(refreshed.get(undefined), first);
  assert.equal(provider.fetches, 2);
  t.mock.timers.setTime(1_000_000 + HOUR - 3 * 60_000);
  provider.fails = false;
  assert.equal(refreshed.get(undefined), first);
  await provider.last;
  await setImmediate();
  assert.notEqual(refreshed.get(undefined), first);
  assert.equal(provider.fetches, 3);
  t.mock.timers.setTime(1_000_000 + 3 * HOUR);
  const later = refreshed.get(undefined);
  assert.ok(later instanceof Promise);
  assert.equal((await later).accessKeyId, "id-4");
});

/** A bucket whose keys come from a metadata service, one pair after the other; `expire` voids the newest. */
async function openWithExpiringKeys(keys: Record<string, unknown>) {
  const fixture = await openFixture();
  const { server } = fixture;
  const given: string[] = [];
  const service = await startService(({ method }) => {
    if (method === "PUT") return [404, ""];
    const accessKeyId = `STS.${given.length + 1}`;
    given.push(accessKeyId);
    server.addAccessKey({ accessKeyId, accessKeySecret: "s", securityToken: "t" });
    const found = { Code: "Success", AccessKeyId: accessKeyId, AccessKeySecret: "s", SecurityToken: "t" };
    return [200, JSON.stringify({ ...found, Expiration: inAnHour() })];
  });
  const fs = await openFileSystem(server, {
    "fs.oss.accessKeyId": "",
    "fs.oss.accessKeySecret": "",
    "fs.oss.ecs.ram.role.name": "r",
    "fs.oss.ecs.metadata.endpoint": service.endpoint,
    ...keys,
  });
  return {
    ...{ server, fs, given },
    expire: () => server.removeAccessKey(given.at(-1) ?? ""),
    async [Symbol.asyncDispose]() {
      await fs.close();
      await service[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

test("a token that expires in mid-stream is renewed, and reads and writes go on", async (t) => {
  await using store = await openWithExpiringKeys({
    "fs.oss.multipart.download.size": "100 kb",
    "fs.oss.multipart.download.ahead.part.max.number": 1,
    "fs.oss.multipart.upload.size": "100 kb",
    "fs.oss.upload.active.blocks": 1,
  });
  const { fs, server, given } = store;
  const bytes = sample(1_000_000);
  await write(fs, "k", bytes);
  assert.equal(given.length, 1);
  let now = Date.now();
  t.mock.timers.enable({ apis: ["Date"], now });
  // Refused at once they would count as wrong, not as old.
  const later = () => {
    now += 60_000;
    t.mock.timers.setTime(now);
  };

  await using input = await fs.open(path("k"));
  const into = Buffer.alloc(150_000);
  await input.read(into);
  store.expire();
  later();
  for (let at = into.length; at < bytes.length; ) {
    const length = await input.read(into);
    assert.ok(into.subarray(0, length).equals(bytes.subarray(at, at + length)));
    at += length;
  }
  assert.equal(given.length, 2);

  const writer = await fs.createRecoverableWriter();
  await using output = await writer.open(path("w"));
  for (let at = 0; at < bytes.length; at += 250_000) {
    await output.write(bytes.subarray(at, at + 250_000));
    store.expire();
    later();
  }
  const committer = await output.closeForCommit();
  store.expire();
  later();
  await committer.commit();
  assert.ok(bytes.equals((await server.get(BUCKET, "w")) ?? Buffer.alloc(0)));
  assert.equal(given.length, 7);
});

test("keys that the store refuses although they are new are wrong: no loop", async () => {
  await using store = await openWithExpiringKeys({});
  await write(store.fs, "k", "x");
  store.expire();
  await assert.rejects(read(store.fs, "k"), { code: "EACCES", storeCode: "InvalidAccessKeyId" });
  assert.equal(store.given.length, 1);
});
