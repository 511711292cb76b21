import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Configuration, type Logger } from "plugfs";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { rpcSignature, startService } from "../../test/credential-services.ts";
import { BUCKET, openFileSystem, openFixture, read, sample, write } from "../../test/support.ts";
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

test("a token that the store stops taking in mid-stream is renewed, and the read goes on", async () => {
  await using fixture = await openFixture();
  const { server } = fixture;
  let number = 0;
  let current = "";
  await using service = await startService(({ method }) => {
    if (method === "PUT") return [404, ""];
    const accessKeyId = `STS.${++number}`;
    server.addAccessKey({ accessKeyId, accessKeySecret: "s", securityToken: "t" });
    current = accessKeyId;
    const found = { Code: "Success", AccessKeyId: accessKeyId, AccessKeySecret: "s", SecurityToken: "t" };
    return [200, JSON.stringify({ ...found, Expiration: inAnHour() })];
  });
  const fs = await openFileSystem(server, {
    "fs.oss.accessKeyId": "",
    "fs.oss.accessKeySecret": "",
    "fs.oss.ecs.ram.role.name": "r",
    "fs.oss.ecs.metadata.endpoint": service.endpoint,
    "fs.oss.multipart.download.size": "100 kb",
    "fs.oss.multipart.download.ahead.part.max.number": 1,
  });
  const bytes = sample(1_000_000);
  await write(fs, "k", bytes);
  assert.equal(number, 1);
  server.removeAccessKey(current);
  // Refused at once they would count as wrong.
  await assert.rejects(read(fs, "k"), { code: "EACCES", storeCode: "InvalidAccessKeyId" });
  const { mock } = await import("node:test");
  mock.timers.enable({ apis: ["Date"], now: Date.now() + 60_000 });
  try {
    assert.ok((await read(fs, "k")).equals(bytes));
    assert.equal(number, 2);
  } finally {
    mock.timers.reset();
  }
  assert.ok(server.keys(BUCKET).includes("k"));
  await fs.close();
});
