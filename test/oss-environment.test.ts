/** The whole: a folder copied into plugins/, and what a user may do wrong with it, as the OSS server saw it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Environment, FsStateBackend } from "plugfs";
import { collecting, ossHome, ossPlugin } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const operations = (home: { server: { log: { entries(): readonly { operation: string }[] } } }) =>
  home.server.log.entries().map(({ operation }) => operation);

test("reading a small text is two requests: is it a file, and its bytes", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in.txt", Buffer.from("a\nb\n"));
  const env = await home.open();
  const lines = [];
  for await (const line of env.readTextFile("oss://demo/in.txt")) lines.push(line);
  assert.deepEqual(lines, ["a", "b"]);
  assert.deepEqual(operations(home), ["HeadObject", "GetObject"]);
});

test("a job writes its result once, at the end, and leaves no upload", async () => {
  await using home = await ossHome();
  const text = `${"x".repeat(99)}\n`.repeat(200_000);
  await home.server.put("demo", "in.txt", Buffer.from(text));
  const env = await home.open();
  env.setStateBackend(new FsStateBackend("oss://demo/state"));
  env.enableCheckpointing(10, { retain: "on-success" });
  env.readTextFile("oss://demo/in.txt").writeAsText("oss://demo/out.txt");
  const result = await env.execute("copy");
  assert.equal(result.linesRead, 200_000);
  assert.equal(String(await home.server.get("demo", "out.txt")), text);
  assert.deepEqual(home.server.uploads("demo"), []);
  assert.ok(result.retained !== undefined);
  const storage = await env.stateStorage("copy");
  assert.deepEqual(
    (await storage.list()).map(({ pointer }) => pointer),
    [result.retained],
  );
  await storage.discard(result.retained);
  // The record that the job is done stays: a restore of it must not run it again.
  assert.match(home.server.keys("demo").join(" "), /^in\.txt out\.txt state\/[0-9a-f]{32}\/completed$/);
  const writes = home.server.log
    .entries()
    .filter(({ key, status }) => key === "out.txt" && status < 300)
    .map(({ operation }) => operation);
  assert.equal(writes.at(-1), "CompleteMultipartUpload");
});

test("a failing job publishes nothing and leaves no upload", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in.txt", Buffer.from(`${"x".repeat(99)}\n`.repeat(200_000)));
  const env = await home.open();
  let count = 0;
  env
    .readTextFile("oss://demo/in.txt")
    .map((line) => {
      if (++count > 190_000) throw new Error("no more");
      return line;
    })
    .writeAsText("oss://demo/out.txt");
  await assert.rejects(env.execute("fails"), { code: "ERR_JOB_FUNCTION" });
  assert.deepEqual(home.server.keys("demo"), ["in.txt"]);
  assert.deepEqual(home.server.uploads("demo"), []);
});

test("two environments at once, and concurrent first use: one file system each", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in.txt", Buffer.from("a\n"));
  const [one, two] = await Promise.all([home.open(), home.open()]);
  const reads = [one, two, one, two, one].map((env) => env.fs.readFile("oss://demo/in.txt", "utf8"));
  assert.deepEqual(await Promise.all(reads), Array(5).fill("a\n"));
});

test("names of every kind come back as they were written", async () => {
  await using home = await ossHome();
  const env = await home.open();
  const names = [
    "a b",
    " leading and trailing ",
    "100%",
    "%41",
    "what?",
    "a#b",
    "a+b",
    "a&b=c",
    "back\\slash",
    "中文/文件",
    "🦊.txt",
    "line\nbreak",
    "quote'\"<>&",
    "...",
    "a..b",
    "x".repeat(1023),
  ];
  for (const name of names) await env.fs.writeFile(`oss://demo/${name}`, name);
  for (const name of names) assert.equal(await env.fs.readFile(`oss://demo/${name}`, "utf8"), name);
  assert.deepEqual(
    home.server.keys("demo"),
    names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  const listed = await env.fs.readdir("oss://demo", { recursive: true });
  assert.deepEqual(new Set(listed), new Set([...names, "中文"]));
  for (const name of names) await env.fs.rm(`oss://demo/${name}`);
  assert.deepEqual(
    home.server.keys("demo").filter((key) => !key.endsWith("/")),
    [],
  );
});

test("names that no object can have are refused before any request", async () => {
  await using home = await ossHome();
  const env = await home.open();
  await env.fs.writeFile("oss://demo/x", "");
  home.server.log.clear();
  for (const key of ["../x", "a/../x", "a/./x", "/x", "a//x", "."]) {
    await assert.rejects(env.fs.writeFile(`oss://demo/${key}`, "x"), { code: "EINVAL" }, key);
  }
  await assert.rejects(env.fs.writeFile(`oss://demo/${"x".repeat(1024)}`, "x"), { code: "ENAMETOOLONG" });
  await assert.rejects(env.fs.writeFile(`oss://demo/${"文".repeat(342)}`, "x"), { code: "ENAMETOOLONG" });
  await assert.rejects(env.fs.readFile("oss://user:pass@demo/x"), (error: Error) => {
    assert.doesNotMatch(error.message, /pass@|user:/);
    return true;
  });
  assert.deepEqual(operations(home), []);
});

test("an empty object is a file of no bytes and no lines", async () => {
  await using home = await ossHome();
  const env = await home.open();
  await env.fs.writeFile("oss://demo/empty", "");
  assert.equal((await env.fs.stat("oss://demo/empty")).size, 0);
  assert.equal(await env.fs.readFile("oss://demo/empty", "utf8"), "");
  for await (const line of env.readTextFile("oss://demo/empty")) assert.fail(line);
});

test("what is missing is named: object, bucket, rights", async () => {
  await using home = await ossHome();
  const env = await home.open();
  await assert.rejects(env.fs.readFile("oss://demo/none"), { code: "ENOENT", storeCode: "NoSuchKey" });
  await assert.rejects(env.fs.stat("oss://demo/none"), { code: "ENOENT" });
  await assert.rejects(env.fs.readFile("oss://no-such-bucket/x"), {
    code: "ENODEV",
    storeCode: "NoSuchBucket",
  });
  await assert.rejects(env.fs.stat("oss://no-such-bucket/x"), { code: "ENODEV" });
  await assert.rejects(env.fs.readdir("oss://no-such-bucket/"), { code: "ENODEV" });

  const wrong = await home.open({ configuration: { "fs.oss.accessKeySecret": "not-the-secret" } });
  const secret = /not-the-secret/;
  for (const call of [wrong.fs.readFile("oss://demo/x"), wrong.fs.stat("oss://demo/x")]) {
    await assert.rejects(call, (error: Error & { code: string; storeCode: string }) => {
      assert.equal(error.code, "EACCES");
      assert.equal(error.storeCode, "SignatureDoesNotMatch");
      assert.doesNotMatch(error.message + JSON.stringify(error), secret);
      return true;
    });
  }
  const stranger = await home.open({ configuration: { "fs.oss.accessKeyId": "123456789012345678" } });
  await assert.rejects(stranger.fs.readFile("oss://demo/x"), {
    code: "EACCES",
    storeCode: "InvalidAccessKeyId",
  });
});

test("a required key that is not set is named, with what to set", async () => {
  await using home = await ossHome();
  for (const key of ["fs.oss.endpoint", "fs.oss.accessKeyId", "fs.oss.accessKeySecret"]) {
    const env = await home.open({ configuration: { [key]: "" } });
    await assert.rejects(env.fs.stat("oss://demo/x"), (error: Error) => {
      assert.ok(error.message.includes(key), error.message);
      assert.match(error.message, /Set /);
      return true;
    });
  }
});

test("secrets of odd characters and ids of digits reach OSS as they stand in flink-conf.yaml", async () => {
  for (const accessKeySecret of [
    "%se#cr et*",
    "@a:b",
    "*odd*",
    "!y",
    "0099",
    "'quoted'",
    'a"b',
    "a\\b",
    "==",
  ]) {
    await using home = await ossHome({ accessKeyId: "1234567890123456", accessKeySecret });
    const env = await home.open();
    await env.fs.writeFile("oss://demo/x", accessKeySecret);
    assert.equal(String(await home.server.get("demo", "x")), accessKeySecret);
    const shown = JSON.stringify(env.configuration) + String(env.configuration);
    assert.ok(!shown.includes(accessKeySecret), shown);
  }
});

test("credentials of a module in the plugin's own folder, or anywhere, of one bucket or of all", async () => {
  await using folder = await temporaryFolder();
  const { accessKeyId, accessKeySecret } = {
    accessKeyId: "of-a-module",
    accessKeySecret: "told-at-run-time",
  };
  const keys = JSON.stringify({ accessKeyId, accessKeySecret });
  for (const [name, text] of [
    ["mine.mjs", `export default async () => (${keys});`],
    ["mine.cjs", `module.exports = async () => (${keys});`],
  ] as const) {
    await using home = await ossHome({ accessKeyId, accessKeySecret });
    const inside = join(home.path, "plugins/oss-fs", name);
    const outside = join(folder.path, name);
    for (const file of [inside, outside]) await writeFile(file, text);
    for (const configuration of [
      { "fs.oss.credentials.provider": `./${name}` },
      { "fs.oss.credentials.provider": outside },
      { "fs.oss.bucket.demo.credentials.provider": `./${name}` },
    ]) {
      const set = { "fs.oss.accessKeyId": "wrong", "fs.oss.accessKeySecret": "wrong", ...configuration };
      const env = await home.open({ configuration: set });
      await env.fs.writeFile("oss://demo/x", name);
      assert.equal(await env.fs.readFile("oss://demo/x", "utf8"), name);
    }
    assert.deepEqual(home.warnings, []);
  }
});

test("no plugins folder, an empty one, a file in it, a broken plugin: said once, and file: goes on", async () => {
  await using folder = await temporaryFolder();
  const messages: string[] = [];
  const open = () => Environment.open({ home: folder.path, logger: collecting(messages) });
  const enable = /cp -r .*opt\/oss-fs\S* .*plugins\/oss-fs/;
  await using none = await open();
  assert.match(messages.splice(0).join("\n"), /plugins does not exist/);
  await assert.rejects(none.fs.stat("oss://demo/x"), { code: "ERR_PLUGIN_UNKNOWN_SCHEME", message: enable });

  await mkdir(join(folder.path, "plugins"));
  await using empty = await open();
  assert.deepEqual(messages.splice(0), []);
  assert.deepEqual(empty.plugins.list(), []);
  await assert.rejects(empty.fs.stat("oss://demo/x"), { message: enable });

  await writeFile(join(folder.path, "plugins", "oss-fs.js"), "");
  await mkdir(join(folder.path, "plugins", "broken"));
  await writeFile(join(folder.path, "plugins", "broken", "package.json"), "{ no json");
  await using env = await open();
  assert.equal(messages.length, 2, messages.join("\n"));
  assert.deepEqual(
    env.plugins.list().map(({ id, state }) => [id, state]),
    [["broken", "failed"]],
  );
  await env.fs.writeFile(join(folder.path, "x"), "still works");
  assert.equal(await env.fs.readFile(join(folder.path, "x"), "utf8"), "still works");
});

test("a configuration that is wrong YAML names file, line and column, and never its text", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "conf"));
  await writeFile(
    join(folder.path, "conf", "config.yaml"),
    "fs:\n  oss:\n    accessKeySecret: {hush\n  x: y\n",
  );
  await assert.rejects(Environment.open({ home: folder.path }), (error: Error & { code: string }) => {
    assert.equal(error.code, "ERR_CONFIG_PARSE");
    assert.match(error.message, /config\.yaml:\d+:\d+/);
    assert.doesNotMatch(error.message, /hush/);
    return true;
  });
});

test("a plugin copied in while the host runs is found at the next use of its scheme", async () => {
  await using home = await ossHome();
  const plugins = join(home.path, "plugins");
  await rm(plugins, { recursive: true });
  await mkdir(plugins);
  const env = await home.open();
  await assert.rejects(env.fs.stat("oss://demo/x"), { code: "ERR_PLUGIN_UNKNOWN_SCHEME" });
  await cp(ossPlugin, join(plugins, "oss-fs"), { recursive: true });
  await env.fs.writeFile("oss://demo/x", "there");
  assert.equal(await env.fs.readFile("oss://demo/x", "utf8"), "there");
});

test("after close nothing keeps a process alive, and later calls say why", async () => {
  await using home = await ossHome();
  const program = `
    import { Environment, Path } from "plugfs";
    // The first use of stdout and stderr opens their pipes.
    console.error(process.stdout.writable);
    const before = process.getActiveResourcesInfo();
    const env = await Environment.open({ home: ${JSON.stringify(home.path)} });
    await env.fs.writeFile("oss://demo/x", Buffer.alloc(20_000_000, "line\\n"));
    for await (const line of env.readTextFile("oss://demo/x")) break;
    const y = Path.parse("oss://demo/y");
    const left = await (await env.fileSystem(y)).create(y);
    await left.write(Buffer.alloc(30_000_000));
    await env.close();
    await env.close();
    console.log(await env.fs.stat("oss://demo/x").catch((error) => error.code));
    const after = process.getActiveResourcesInfo();
    for (const name of before) after.splice(after.indexOf(name), 1);
    console.log("left:", after.join(" "));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  assert.equal(stdout, "ERR_JOB_CLOSED\nleft: \n");
  assert.deepEqual(home.server.keys("demo"), ["x"]);
  assert.deepEqual(home.server.uploads("demo"), []);
});
