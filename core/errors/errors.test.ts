import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { CONFIGURATION_CODES, FILE_SYSTEM_CODES, JOB_CODES, PLUGIN_CODES } from "./codes.ts";
import {
  ConfigurationError,
  errorCode,
  errorMessage,
  FileSystemError,
  JobError,
  PluginError,
} from "./errors.ts";

test("each family's codes begin alike, and no code has two meanings", () => {
  const families: [object, RegExp][] = [
    [FILE_SYSTEM_CODES, /^E[A-Z]+$/],
    [PLUGIN_CODES, /^ERR_PLUGIN_[A-Z_]+$/],
    [CONFIGURATION_CODES, /^ERR_CONFIG_[A-Z_]+$/],
    [JOB_CODES, /^ERR_JOB_[A-Z_]+$/],
  ];
  for (const [codes, pattern] of families) {
    for (const code of Object.keys(codes)) assert.match(code, pattern);
    const sentences = Object.values(codes);
    assert.equal(new Set(sentences).size, sentences.length);
  }
});

test("a file system error reads like Node's, with the store's words and what to do", () => {
  const error = new FileSystemError({
    code: "EACCES",
    operation: "open",
    path: "oss://b/x",
    storeCode: "AccessDenied",
    requestId: "5C3D9175B6FC201293AD4CCC",
    hint: "Check fs.oss.accessKeyId",
  });
  assert.equal(
    error.message,
    "EACCES: permission denied, open 'oss://b/x' (AccessDenied, request 5C3D9175B6FC201293AD4CCC). Check fs.oss.accessKeyId",
  );
  assert.equal(error.name, "FileSystemError");
  assert.equal(error.syscall, "open");
  assert.equal(error.retryable, false);
  const rename = new FileSystemError({
    code: "EXDEV",
    operation: "rename",
    path: new URL("oss://b/x"),
    dest: "mem://b/y",
  });
  assert.equal(rename.message, "EXDEV: cannot cross file systems, rename 'oss://b/x' -> 'mem://b/y'");
  assert.equal(rename.path, "oss://b/x");
  assert.equal(new FileSystemError({ code: "EIO" }).message, "EIO: input/output error");
});

test("what is not known is not there", () => {
  const error = new FileSystemError({ code: "ENOENT", path: "oss://b/x", dest: undefined, cause: undefined });
  for (const property of ["dest", "operation", "syscall", "plugin", "storeCode", "requestId", "cause"]) {
    assert.ok(!(property in error), property);
  }
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    name: "FileSystemError",
    code: "ENOENT",
    path: "oss://b/x",
    retryable: false,
  });
});

test("with() completes an error and changes nothing that is known", () => {
  const cause = new Error("below");
  const thrown = new FileSystemError({ code: "EBUSY", path: "oss://b/x", retryable: true, cause });
  const completed = thrown.with({
    operation: "open",
    path: "other",
    scheme: "oss",
    plugin: "oss-fs",
    retryable: false,
  });
  assert.equal(completed.message, "EBUSY: resource busy or throttled, open 'oss://b/x'");
  assert.equal(completed.path, "oss://b/x");
  assert.equal(completed.plugin, "oss-fs");
  assert.equal(completed.scheme, "oss");
  assert.equal(completed.retryable, true);
  assert.equal(completed.cause, cause);
  assert.ok(!("operation" in thrown), "the first error is as it was");
  const twice = completed.with({ requestId: "R", operation: "read" });
  assert.equal(twice.operation, "open");
  assert.equal(twice.requestId, "R");
});

test("a completed error shows its own message and the place that failed", () => {
  function failingPlace() {
    return new FileSystemError({ code: "EIO", path: "oss://b/$&x" });
  }
  const completed = failingPlace().with({ operation: "open", requestId: "$1$&" }).with({ plugin: "p" });
  const [head, place] = completed.stack?.split("\n") ?? [];
  assert.equal(head, `FileSystemError: ${completed.message}`);
  assert.match(place ?? "", /failingPlace/);
  assert.ok(inspect(completed).includes(completed.message));
  assert.doesNotMatch(inspect(completed), /options/);
});

test("plugin, configuration and job errors name their subject, place and next step", () => {
  const plugin = new PluginError({
    code: "ERR_PLUGIN_IMPORT",
    id: "oss-fs",
    phase: "import",
    location: "/plugins/oss-fs/index.cjs:3",
    hint: "Fix it",
    cause: new Error("x"),
  });
  assert.equal(
    plugin.message,
    'plugin "oss-fs": the plugin\'s module threw while it was imported (/plugins/oss-fs/index.cjs:3). Fix it',
  );
  assert.deepEqual(
    [plugin.name, plugin.code, plugin.id, plugin.phase],
    ["PluginError", "ERR_PLUGIN_IMPORT", "oss-fs", "import"],
  );
  const configuration = new ConfigurationError({
    code: "ERR_CONFIG_MISSING",
    key: "a",
    source: "conf/config.yaml",
  });
  assert.equal(configuration.message, "a required option is not set (conf/config.yaml)");
  assert.deepEqual([configuration.key, configuration.source], ["a", "conf/config.yaml"]);
  const job = new JobError({ code: "ERR_JOB_NO_SINK", job: "copy", hint: "Call writeAsText" });
  assert.equal(job.message, 'job "copy": the job has no sink. Call writeAsText');
  for (const error of [plugin, configuration, job]) {
    assert.ok(error instanceof Error);
    assert.equal(error.stack?.split("\n")[0], `${error.name}: ${error.message}`);
    assert.ok(!("location" in configuration));
  }
});

test("the code and message of anything thrown", () => {
  assert.equal(errorCode(new JobError({ code: "ERR_JOB_CLOSED" })), "ERR_JOB_CLOSED");
  assert.equal(errorCode({ code: "ENOENT" }), "ENOENT");
  for (const thrown of [undefined, null, "ENOENT", 5, {}, { code: 5 }])
    assert.equal(errorCode(thrown), undefined);
  assert.equal(errorMessage(new Error("a")), "a");
  assert.equal(errorMessage("a"), "a");
  assert.equal(errorMessage(undefined), "undefined");
});
