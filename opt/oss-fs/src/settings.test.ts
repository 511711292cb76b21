import assert from "node:assert/strict";
import { test } from "node:test";
import { Configuration, type Logger } from "plugfs";
import { credentialSource } from "./credentials/chain.ts";
import type { Credentials } from "./credentials/credentials.ts";
import { KEYS } from "./keys.ts";
import { ofBucket, readSettings } from "./settings.ts";

const REQUIRED = {
  "fs.oss.endpoint": "oss-cn-hangzhou.aliyuncs.com",
  "fs.oss.accessKeyId": "id",
  "fs.oss.accessKeySecret": "secret-text",
};

function settings(values: Record<string, unknown>, warnings: string[] = []) {
  const silent = () => {};
  const warn = (_: object, message: string) => void warnings.push(message);
  const logger: Logger = { debug: silent, info: silent, warn, error: silent };
  const configuration = ofBucket(Configuration.of(values), "bucket");
  const source = credentialSource(configuration, logger, {});
  return { ...readSettings(configuration, logger), credentials: source.get(undefined) as Credentials };
}

test("the three required keys are enough", () => {
  const read = settings(REQUIRED);
  assert.equal(read.endpoint, "https://oss-cn-hangzhou.aliyuncs.com");
  assert.equal(read.region, "cn-hangzhou");
  assert.equal(read.signatureV4, true);
});

for (const key of Object.keys(REQUIRED)) {
  test(`a missing ${key} is named, with what to set`, () => {
    for (const value of [undefined, "", "  "]) {
      assert.throws(() => settings({ ...REQUIRED, [key]: value }), {
        code: "ERR_CONFIG_MISSING",
        key,
        message: /Set it in the configuration to the/,
      });
    }
  });
}

test("endpoints with and without scheme and port", () => {
  const endpoint = (value: string, more = {}) =>
    settings({ ...REQUIRED, "fs.oss.endpoint": value, ...more }).endpoint;
  assert.equal(endpoint("http://127.0.0.1:9000"), "http://127.0.0.1:9000");
  assert.equal(endpoint("127.0.0.1:9000"), "https://127.0.0.1:9000");
  assert.equal(
    endpoint("localhost:9000", { "fs.oss.connection.secure.enabled": "false" }),
    "http://localhost:9000",
  );
  assert.equal(endpoint("HTTPS://OSS-cn-beijing.aliyuncs.com/"), "https://oss-cn-beijing.aliyuncs.com");
  for (const wrong of ["ftp://x", "http://x/bucket", "http://id:key@x", "two words", "http://x?y"]) {
    assert.throws(() => endpoint(wrong), { code: "ERR_CONFIG_VALUE", key: "fs.oss.endpoint" }, wrong);
  }
});

test("the region comes from the key, else from a standard endpoint, and decides the signature", () => {
  const of = (endpoint: string, more = {}) => {
    const { region, signatureV4 } = settings({ ...REQUIRED, "fs.oss.endpoint": endpoint, ...more });
    return [region, signatureV4];
  };
  assert.deepEqual(of("oss-cn-shenzhen-internal.aliyuncs.com"), ["cn-shenzhen", true]);
  assert.deepEqual(of("cn-hongkong.oss.aliyuncs.com"), ["cn-hongkong", true]);
  assert.deepEqual(of("oss-accelerate.aliyuncs.com"), [undefined, false]);
  assert.deepEqual(of("http://127.0.0.1:1"), [undefined, false]);
  assert.deepEqual(of("http://127.0.0.1:1", { "fs.oss.region": "oss-us-west-1" }), ["us-west-1", true]);
  assert.deepEqual(of("oss-cn-hangzhou.aliyuncs.com", { "fs.oss.signatureversion": "v1" }), [
    "cn-hangzhou",
    false,
  ]);
  assert.throws(() => of("http://127.0.0.1:1", { "fs.oss.signatureversion": "V4" }), {
    code: "ERR_CONFIG_MISSING",
    key: "fs.oss.region",
  });
});

test("Hadoop's tolerated values are taken with a warning, others are errors that name the key", () => {
  const warnings: string[] = [];
  const read = settings(
    {
      ...REQUIRED,
      "fs.oss.multipart.upload.size": 5,
      "fs.oss.multipart.download.ahead.part.max.number": 0,
    },
    warnings,
  );
  assert.equal(read.uploadPartSize, 102_400);
  assert.equal(read.downloadParts, undefined);
  assert.equal(warnings.length, 2);
  for (const [key, value] of [
    ["fs.oss.connection.maximum", 0],
    ["fs.oss.paging.maximum", 1001],
    ["fs.oss.upload.active.blocks", 0],
    ["fs.oss.attempts.maximum", "many"],
    ["fs.oss.signatureversion", "V2"],
  ] as const) {
    assert.throws(() => settings({ ...REQUIRED, [key]: value }), { code: "ERR_CONFIG_VALUE", key });
  }
});

test("every typed key is checked at open, and its error names it", () => {
  const provider = { "fs.oss.credentials.provider": "static, oidc, ecs-ram-role, assume-role" };
  for (const { key, type } of Object.values(KEYS)) {
    if (type === "string") continue;
    const expected = { code: "ERR_CONFIG_VALUE", key };
    assert.throws(() => settings({ ...REQUIRED, ...provider, [key]: "nonsense" }), expected, key);
    const source = { ...REQUIRED, ...provider, [`fs.oss.bucket.bucket.${key.slice(7)}`]: "nonsense" };
    assert.throws(() => settings(source), expected, `${key} of a bucket`);
  }
});

test("no error shows a secret", () => {
  const values = { ...REQUIRED, "fs.oss.endpoint": "http://secret-text@host" };
  assert.throws(
    () => settings(values),
    (error: Error) => !`${error.stack}${JSON.stringify(error)}`.includes("secret-text"),
  );
});

test("keys of one bucket lie over the others", () => {
  const read = settings({
    ...REQUIRED,
    "fs.oss.bucket.bucket.endpoint": "oss-cn-beijing.aliyuncs.com",
    "fs.oss.bucket.other.endpoint": "oss-us-west-1.aliyuncs.com",
    "fs.oss.bucket.bucket.accessKeyId": "own",
  });
  assert.deepEqual(
    [read.endpoint, read.region, read.credentials.accessKeyId],
    ["https://oss-cn-beijing.aliyuncs.com", "cn-beijing", "own"],
  );
});

test("how the bucket is addressed", () => {
  const of = (endpoint: string, more = {}) => {
    const { cname, pathStyle } = settings({ ...REQUIRED, "fs.oss.endpoint": endpoint, ...more });
    return [cname, pathStyle];
  };
  assert.deepEqual(of("oss-cn-hangzhou.aliyuncs.com"), [false, false]);
  assert.deepEqual(of("127.0.0.1:80"), [false, false]);
  assert.deepEqual(of("localhost:80"), [false, true]);
  assert.deepEqual(of("static.example.com"), [true, false]);
  assert.deepEqual(of("static.example.com", { "fs.oss.cname.support.enabled": false }), [false, false]);
  assert.deepEqual(of("static.example.com", { "fs.oss.usePathStyle": true }), [false, true]);
});

test("proxies follow Hadoop's rules", () => {
  const proxy = (more: object, endpoint = "http://h") =>
    settings({ ...REQUIRED, "fs.oss.endpoint": endpoint, ...more }).proxy;
  const host = { "fs.oss.proxy.host": "p" };
  assert.equal(proxy({}), undefined);
  assert.deepEqual(proxy({ ...host, "fs.oss.proxy.port": 3128 }), {
    host: "p",
    port: 3128,
    credentials: undefined,
  });
  assert.equal(proxy(host)?.port, 80);
  assert.equal(proxy(host, "https://h")?.port, 443);
  for (const [key, values] of [
    ["fs.oss.proxy.port", { "fs.oss.proxy.port": 1 }],
    ["fs.oss.proxy.username", { ...host, "fs.oss.proxy.username": "u" }],
    ["fs.oss.proxy.password", { ...host, "fs.oss.proxy.password": "p" }],
  ] as const) {
    assert.throws(() => proxy(values), { code: "ERR_CONFIG_VALUE", key });
  }
});

test("the names of Flink, Paimon and JindoSDK are understood; Hadoop's own lie over them", () => {
  const read = settings({
    ...REQUIRED,
    "oss.upload.min.part.size": 20_971_520,
    "oss.upload.max.concurrent.uploads": 3,
    "fs.oss.sessionToken": "token",
    "fs.oss.signatureVersion": "V1",
    "fs.oss.second.level.domain.enable": "true",
    "fs.oss.retry.interval.millisecond": 700,
  });
  assert.deepEqual(
    [read.uploadPartSize, read.uploadParts, read.credentials.securityToken, read.signatureV4, read.pathStyle],
    [20_971_520, 3, "token", false, true],
  );
  assert.equal(read.retry.baseMs, 700);
  const both = settings({
    ...REQUIRED,
    "oss.upload.min.part.size": 20_971_520,
    "fs.oss.multipart.upload.size": "30 mb",
  });
  assert.equal(both.uploadPartSize, 30 * 1024 * 1024);
});

test("threads and copies limit what goes on at the same time, as in Hadoop", () => {
  const of = (more: object) => {
    const { connections, copies } = settings({ ...REQUIRED, ...more });
    return [connections, copies];
  };
  assert.deepEqual(of({}), [32, 32]);
  assert.deepEqual(of({ "fs.oss.multipart.download.threads": 10 }), [10, 10]);
  assert.deepEqual(of({ "fs.oss.multipart.download.threads": 100 }), [32, 32]);
  assert.deepEqual(of({ "fs.oss.connection.maximum": 200, "fs.oss.max.copy.threads": 25 }), [200, 25]);
  assert.deepEqual(of({ "fs.oss.max.copy.threads": 25, "fs.oss.max.copy.tasks.per.dir": 5 }), [32, 5]);
  assert.deepEqual(of({ "fs.oss.max.copy.threads": -1, "fs.oss.max.copy.tasks.per.dir": 0 }), [32, 32]);
});

test("Hadoop's block for OSS, as it stands in its documentation, is taken without a warning", () => {
  const warnings: string[] = [];
  const read = settings(
    {
      ...REQUIRED,
      "fs.oss.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
      "fs.oss.attempts.maximum": "10",
      "fs.oss.connection.establish.timeout": "50000",
      "fs.oss.connection.timeout": "200000",
      "fs.oss.paging.maximum": "1000",
      "fs.oss.multipart.upload.size": "10485760",
      "fs.oss.upload.active.blocks": "4",
      "fs.oss.multipart.download.size": "524288",
      "fs.oss.multipart.download.ahead.part.max.number": "4",
      "fs.oss.fast.upload.buffer": "disk",
      "fs.oss.fast.upload.memory.limit": "1073741824",
      "fs.oss.buffer.dir": "/tmp/a, /tmp/b",
      "fs.oss.connection.secure.enabled": "true",
      "fs.oss.connection.maximum": "32",
    },
    warnings,
  );
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    [
      read.connectTimeoutMs,
      read.idleTimeoutMs,
      read.retry.retries,
      read.uploadPartSize,
      read.downloadPartSize,
    ],
    [50_000, 200_000, 10, 10_485_760, 524_288],
  );
  assert.deepEqual(read.buffers, {
    kind: "disk",
    directories: ["/tmp/a", "/tmp/b"],
    memoryLimit: 1_073_741_824,
  });
});

test("ACLs in Hadoop's documented and in Java's spelling", () => {
  for (const value of ["public-read", "PublicRead", "PUBLIC-READ"]) {
    assert.equal(settings({ ...REQUIRED, "fs.oss.acl.default": value }).acl, "public-read");
  }
  const key = "fs.oss.acl.default";
  assert.throws(() => settings({ ...REQUIRED, [key]: "everyone" }), { code: "ERR_CONFIG_VALUE", key });
});
