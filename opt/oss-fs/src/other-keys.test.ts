import assert from "node:assert/strict";
import { test } from "node:test";
import { Configuration, type Logger } from "plugfs";
import { KEYS } from "./keys.ts";
import { WITHOUT_MEANING, warnOfOtherKeys } from "./other-keys.ts";

function warnings(values: Record<string, unknown>): string[] {
  const found: string[] = [];
  const silent = () => {};
  const logger: Logger = {
    debug: silent,
    info: silent,
    error: silent,
    warn: (_, message) => void found.push(message),
  };
  warnOfOtherKeys(Configuration.of(values), logger);
  return found;
}

/** The documented keys of hadoop-aliyun (its `index.md` and `Constants`). */
const HADOOP =
  `accessKeyId accessKeySecret securityToken credentials.provider endpoint region signatureversion
  connection.secure.enabled cname.support.enabled redirect.enable user.agent.prefix impl connection.maximum
  connection.establish.timeout connection.timeout attempts.maximum multipart.complete.retry.limit
  multipart.complete.retry.interval proxy.host proxy.port proxy.username proxy.password proxy.domain
  proxy.workstation threads.keepalivetime paging.maximum list.version multipart.download.size
  multipart.download.threads max.total.tasks multipart.download.ahead.part.max.number block.size
  vectored.read.min.seek.size vectored.read.max.merged.size vectored.active.ranged.reads multipart.upload.size
  multipart.upload.threshold upload.active.blocks fast.upload.buffer fast.upload.memory.limit buffer.dir
  max.copy.threads max.copy.tasks max.copy.tasks.per.dir acl.default server-side-encryption-algorithm`
    .split(/\s+/)
    .map((name) => `fs.oss.${name}`);

test("every key of hadoop-aliyun is honoured, or has no effect for a reason that is told", () => {
  const honoured = Object.values(KEYS).map((option) => option.key as string);
  for (const key of HADOOP) {
    const told = warnings({ [key]: "x" });
    if (honoured.includes(key) || key === "fs.oss.impl") assert.deepEqual(told, [], key);
    else assert.deepEqual(told, [`${key} has no effect: ${WITHOUT_MEANING[key]}`]);
  }
  assert.deepEqual(
    honoured.filter((key) => key in WITHOUT_MEANING),
    [],
  );
});

test("an unknown key is told with the nearest name", () => {
  assert.deepEqual(warnings({ "fs.oss.acessKeyId": "x" }), [
    "fs.oss.acessKeyId has no effect: oss-fs does not know it; is fs.oss.accessKeyId meant?",
  ]);
  assert.deepEqual(warnings({ "fs.oss.something.else.entirely.unheard.of": "x" }), [
    "fs.oss.something.else.entirely.unheard.of has no effect: oss-fs does not know it",
  ]);
  assert.match(warnings({ "fs.oss.prefetch.version": "v2" })[0] ?? "", /belongs to another connector/);
});

test("keys of single buckets are judged by what follows the bucket's name", () => {
  assert.deepEqual(warnings({ "fs.oss.bucket.logs.endpoint": "x", "fs.oss.limit.input": 1 }), []);
  assert.match(warnings({ "fs.oss.bucket.logs.endpont": "x" })[0] ?? "", /is fs\.oss\.endpoint meant/);
});
