/** pino, as it is, as an environment's logger: levels, fields, errors by its own serializer, and nothing secret. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type LoggerOptions, pino } from "pino";
import { Environment } from "plugfs";
import { writeFiles } from "../support/files.ts";
import { ossHome } from "../support/oss-home.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [DEBUG, INFO, WARN, ERROR] = [20, 30, 40, 50];

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly plugin?: string;
  readonly code?: string;
  readonly phase?: string;
  readonly err?: {
    readonly type: string;
    readonly message: string;
    readonly stack: string;
    readonly code?: string;
  };
  readonly token?: string;
}

function kept(options: LoggerOptions = {}) {
  const texts: string[] = [];
  const logger = pino({ level: "debug", ...options }, { write: (text: string) => void texts.push(text) });
  return { logger, texts, lines: () => texts.map((text): Line => JSON.parse(text)) };
}

/** `talk://x/<level>` is logged at that level, with an error and a token. */
const TALKER = {
  "package.json": {
    name: "talker",
    exports: "./index.js",
    peerDependencies: { plugfs: "^1.0.0" },
    plugfs: { schemes: ["talk"] },
  },
  "index.js": `
    const { FileSystem, FileSystemError } = require("plugfs");
    class Talker extends FileSystem {
      capabilities = new Set();
      constructor(logger) { super(); this.logger = logger; }
      async getFileStatus(path) {
        const err = new FileSystemError({ code: "EBUSY", path, cause: new RangeError("deep") });
        this.logger[path.key]({ err, token: "canary" }, "said " + path.key);
        return { path, kind: "file", length: 1, modificationTime: 0 };
      }
    }
    module.exports = class {
      scheme = "talk";
      create(root, { logger }) { return new Talker(logger); }
    };
  `,
};

for (const where of ["the host's thread", "a worker"]) {
  test(`a plugin in ${where} logs through pino, at its level, with the error and its code`, async () => {
    await using folder = await temporaryFolder();
    await writeFiles(join(folder.path, "plugins/talker"), TALKER);
    await writeFiles(join(folder.path, "plugins/broken"), {
      "package.json": { name: "broken", exports: "./missing.js", plugfs: { schemes: ["broken"] } },
    });
    const { logger, texts, lines } = kept({ redact: ["token"] });
    const configuration = where === "a worker" ? { "plugin.worker": "*" } : {};
    await using env = await Environment.open({
      home: folder.path,
      logger: logger.child({ service: "mine" }),
      configuration,
    });
    for (const level of ["debug", "info", "warn", "error"]) await env.fs.stat(`talk://x/${level}`);
    await assert.rejects(env.fs.stat("broken://x/y"));
    await env.close();

    const said = lines().filter(({ msg }) => msg.startsWith("said "));
    assert.deepEqual(
      said.map(({ level, msg, plugin }) => ({ level, msg, plugin })),
      [
        [DEBUG, "debug"],
        [INFO, "info"],
        [WARN, "warn"],
        [ERROR, "error"],
      ].map(([level, name]) => ({ level, msg: `said ${name}`, plugin: "talker" })),
    );
    const { err } = said[0] ?? assert.fail();
    assert.equal(err?.type, "FileSystemError");
    assert.equal(err?.code, "EBUSY");
    assert.match(err?.message ?? "", /EBUSY.*talk:\/\/x\/debug/);
    assert.match(err?.stack ?? "", /Talker\.getFileStatus[\s\S]*caused by: RangeError: deep/);
    assert.equal(said[0]?.token, "[Redacted]");
    assert.ok(texts.every((text) => !text.includes("canary")));
    assert.ok(texts.every((text) => JSON.parse(text).service === "mine"));

    const [broken] = lines().filter(({ plugin, level }) => plugin === "broken" && level === ERROR);
    assert.match(broken?.code ?? "", /^ERR_PLUGIN_/);
    assert.ok(broken?.phase);
    assert.match(broken?.msg ?? "", /missing\.js/);
  });
}

test("no secret in what pino is given, nor in what a host gives it of plugfs", async () => {
  const secret = "canary-7f3a9c-secret";
  const token = "canary-55e1d0-token";
  await using home = await ossHome({}, { "fs.oss.accessKeySecret": secret, "fs.oss.securityToken": token });
  for (const configuration of [{}, { "plugin.worker": "*" }]) {
    const { logger, texts } = kept();
    const env = await home.open({ logger, configuration });
    home.server.faults.add({ times: 1, fault: { kind: "throttle" } });
    // The server knows another secret, so everything is refused.
    for (const call of [
      () => env.fs.readFile("oss://demo/x"),
      () => env.fs.writeFile("oss://demo/x", "y"),
      () => env.fs.readdir("oss://demo"),
      () => env.fs.stat(`oss://user:${secret}@demo/x`),
      () => Environment.open({ home: home.path, configuration: { "plugin.worker.memory": "wrong" } }),
    ]) {
      const error = await call().then(
        () => assert.fail("it should have failed"),
        (thrown: unknown) => thrown,
      );
      logger.error({ err: error, error }, "refused");
    }
    logger.info({
      env,
      configuration: env.configuration,
      plugins: env.plugins.list(),
      metrics: env.metrics(),
    });
    logger.info({ fs: await env.fileSystem("oss://demo/x") });
    await env.close();
    assert.ok(texts.length >= 7);
    for (const text of texts) assert.ok(!text.includes(secret) && !text.includes(token), text.slice(0, 500));
  }
});
