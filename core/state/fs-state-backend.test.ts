import assert from "node:assert/strict";
import { test } from "node:test";
import { Configuration } from "../config/configuration.ts";
import { Path } from "../fs/path.ts";
import { FsStateBackend } from "./fs-state-backend.ts";

test("a checkpoint path needs a scheme and may not be a root", () => {
  const cases: [string | URL | Path, RegExp][] = [
    ["/data/checkpoints", /"\/data\/checkpoints" has no scheme.*file:\/\/\/data/],
    ["", /no scheme/],
    ["oss://bucket", /"oss:\/\/bucket" is a root/],
    ["oss://bucket/", /is a root/],
    ["file:///", /is a root/],
    [Path.parse("oss://bucket"), /is a root/],
    ["oss://bucket/a/../b", /"\.\." segment/],
    [undefined as never, /cannot be used/],
  ];
  for (const [path, message] of cases) {
    assert.throws(() => new FsStateBackend(path), { code: "ERR_JOB_STATE_PATH", message }, String(path));
    assert.throws(() => new FsStateBackend("oss://b/x", { savepoints: path ?? (null as never) }), {
      code: "ERR_JOB_STATE_PATH",
      message,
    });
  }
});

test("strings, URLs and paths are taken as they are", () => {
  assert.equal(new FsStateBackend("oss://b/checkpoints").checkpoints, "oss://b/checkpoints");
  assert.equal(new FsStateBackend(new URL("file:///a%20b")).checkpoints, "file:///a b");
  const backend = new FsStateBackend(Path.parse("oss://b/c"), { savepoints: "oss://b/s" });
  assert.deepEqual(JSON.parse(JSON.stringify(backend)), {
    checkpoints: "oss://b/c",
    savepoints: "oss://b/s",
  });
});

test("the inline threshold goes from -1 to 1 MiB, the write buffer from -1", () => {
  for (const inlineThreshold of [-1, 0, 1024 * 1024]) new FsStateBackend("oss://b/c", { inlineThreshold });
  for (const inlineThreshold of [-2, 1024 * 1024 + 1, 0.5, Number.NaN]) {
    assert.throws(() => new FsStateBackend("oss://b/c", { inlineThreshold }), {
      code: "ERR_JOB_STATE_PATH",
      message: /inlineThreshold/,
    });
  }
  assert.throws(() => new FsStateBackend("oss://b/c", { writeBuffer: -2 }), { message: /writeBuffer/ });
});

test("the configuration's directory, by its key or an older name; a wrong one names key and source", () => {
  assert.equal(FsStateBackend.fromConfiguration(Configuration.of({})), undefined);
  for (const key of [
    "execution.checkpointing.dir",
    "state.checkpoints.dir",
    "state.backend.fs.checkpointdir",
  ]) {
    const backend = FsStateBackend.fromConfiguration(
      Configuration.of({ [key]: "oss://b/c", "state.savepoints.dir": "oss://b/s" }),
    );
    assert.deepEqual([backend?.checkpoints, backend?.savepoints], ["oss://b/c", "oss://b/s"]);
    assert.throws(() => FsStateBackend.fromConfiguration(Configuration.of({ [key]: "oss://b" })), {
      code: "ERR_CONFIG_VALUE",
      key,
      message: new RegExp(`${key}.*root`),
    });
  }
});
