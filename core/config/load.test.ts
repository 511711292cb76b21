import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { loadConfiguration } from "./load.ts";
import { option } from "./option.ts";

/** A logger that keeps what it is told. */
function memoryLogger() {
  const lines: { fields: object; message: string }[] = [];
  return { lines, warn: (fields: object, message: string) => void lines.push({ fields, message }) };
}

test("neither file, nor a folder for them: nothing is set, nothing is said", async () => {
  await using folder = await temporaryFolder();
  const logger = memoryLogger();
  for (const configurationDir of [folder.path, join(folder.path, "missing")]) {
    const configuration = await loadConfiguration({ configurationDir, logger });
    assert.deepEqual([...configuration.keys()], []);
  }
  assert.deepEqual(logger.lines, []);
});

test("flink-conf.yaml is read by Flink's rules, overrides lie over it, sources are named", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "flink-conf.yaml");
  await writeFile(
    file,
    "\uFEFFfs.oss.endpoint: h\r\nfs.oss.accessKeySecret: %canary#1\r\ncanary\r\nparallelism.default: 1\r\n",
  );
  const logger = memoryLogger();
  const configuration = await loadConfiguration({
    configurationDir: folder.path,
    overrides: { parallelism: { default: 4 } },
    logger,
  });
  assert.equal(configuration.get(option.string("fs.oss.endpoint")), "h");
  assert.equal(configuration.raw("fs.oss.accessKeySecret"), "%canary#1");
  assert.equal(configuration.source("fs.oss.accessKeySecret"), `${file}:2`);
  assert.equal(configuration.get(option.integer("parallelism.default")), 4);
  assert.equal(configuration.source("parallelism.default"), "option");
  assert.equal(logger.lines.length, 1);
  assert.deepEqual(logger.lines[0]?.fields, { source: `${file}:3` });
  assert.doesNotMatch(JSON.stringify(logger.lines), /canary/);
});

test("with both files config.yaml counts, with a warning that names both", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "flink-conf.yaml"), "a: flink\nb: flink\n");
  await writeFile(join(folder.path, "config.yaml"), "a: yaml\n");
  const logger = memoryLogger();
  const configuration = await loadConfiguration({ configurationDir: folder.path, logger });
  assert.deepEqual({ ...configuration.toJSON() }, { a: "yaml" });
  assert.deepEqual(
    logger.lines.map((line) => line.message),
    [
      `${join(folder.path, "flink-conf.yaml")} is not read, because ${join(folder.path, "config.yaml")} is there too`,
    ],
  );
});

test("a file asked for by name is read by the rules of its name, and must exist", async () => {
  await using folder = await temporaryFolder();
  const logger = memoryLogger();
  const load = (name: string) =>
    loadConfiguration({ configurationFile: join(folder.path, name), configurationDir: folder.path, logger });
  await writeFile(join(folder.path, "config.yaml"), "other: 1\n");
  await writeFile(join(folder.path, "my.yaml"), "fs: { oss: { accessKeyId: 007 } }\n");
  assert.deepEqual({ ...(await load("my.yaml")).toJSON() }, { "fs.oss.accessKeyId": "007" });
  await mkdir(join(folder.path, "old"));
  await writeFile(join(folder.path, "old", "flink-conf.yaml"), "fs: { oss: x }\n");
  assert.deepEqual({ ...(await load("old/flink-conf.yaml")).toJSON() }, { fs: "{ oss: x }" });
  await assert.rejects(load("absent.yaml"), {
    code: "ERR_CONFIG_NO_FILE",
    source: join(folder.path, "absent.yaml"),
    message: /does not exist \(.*absent\.yaml\)\. /,
  });
});

test("a file that is a folder, not UTF-8 or not YAML is named", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "config.yaml");
  const load = () => loadConfiguration({ configurationDir: folder.path, logger: memoryLogger() });
  await mkdir(join(folder.path, "folder.yaml"));
  await assert.rejects(
    loadConfiguration({
      configurationFile: join(folder.path, "folder.yaml"),
      configurationDir: "",
      logger: memoryLogger(),
    }),
    { code: "ERR_CONFIG_PARSE", message: /cannot be read: EISDIR/ },
  );
  await writeFile(file, Buffer.from("secret: \xff\xfecanary", "latin1"));
  await assert.rejects(load(), { code: "ERR_CONFIG_PARSE", source: file, message: /not UTF-8 text/ });
  await writeFile(file, "a: 1\nb: [\n");
  await assert.rejects(load(), { code: "ERR_CONFIG_PARSE", key: "b", source: `${file}:3:1` });
});

test("an override that is no setting is refused before any file is read", async () => {
  await assert.rejects(
    loadConfiguration({
      configurationFile: "absent",
      configurationDir: "",
      overrides: { a: () => 1 },
      logger: memoryLogger(),
    }),
    { code: "ERR_CONFIG_VALUE", key: "a" },
  );
});
