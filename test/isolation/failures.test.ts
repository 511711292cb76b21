/** Every way in which a plugin can be broken: reported once, with phase, reason, place and advice, and no other stops. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeFiles } from "../support/files.ts";
import { runNode } from "./run-host.ts";
import { repository, scene } from "./scene.ts";

interface Failure {
  readonly phase: string;
  readonly code: string;
  readonly message: string;
  readonly location?: string;
}

/** Phase, and what the message says. */
const EXPECTED: Record<string, [phase: string, message: RegExp]> = {
  throws: ["import", /TypeError: out of luck \(.*\/throws\/index\.js:3:7\)/],
  "throws-cjs": ["import", /TypeError.*\/throws-cjs\/index\.js:2:6\)/],
  "throws-ts": ["import", /kind 0 \(.*\/throws-ts\/index\.ts:4:7\)/],
  "throws-text": ["import", /only text/],
  syntax: ["import", /SyntaxError.*\/syntax\/index\.js:2/],
  "syntax-inner": ["import", /SyntaxError.*\/syntax-inner\/lib\/inner\.js:3/],
  "syntax-cjs": ["import", /SyntaxError.*\/syntax-cjs\/index\.js:2/],
  "syntax-ts": ["import", /\/syntax-ts\/index\.ts:2/],
  forgot: ["resolve", /'fast-glob'.*\/forgot\/index\.js.*npm install fast-glob.*\/forgot\//],
  "forgot-cjs": ["resolve", /'fast-glob'.*\/forgot-cjs\/index\.js.*npm install fast-glob/],
  "forgot-ts": ["resolve", /'fast-glob'.*\/forgot-ts\/index\.ts.*npm install fast-glob/],
  "missing-file": ["resolve", /\/missing-file\/nowhere\.js/],
  "missing-name": ["import", /SyntaxError.*plugfs.*NoSuchExport/],
  hangs: ["import", /top-level await.*within 1500 ms.*plugin\.load-timeout/],
  "no-default": ["export", /no default export/],
  "empty-list": ["export", /list of factories is empty/],
  "no-class": ["export", /got string/],
  "no-create": ["export", /NoCreate \(no-create:\/\/\) has no method create/],
  "no-scheme": ["export", /NoScheme has no usable scheme/],
  "bad-constructor": ["export", /constructor of Throws threw: not today/],
  "configured-object": ["export", /object with configure.*export its class/],
  configure: ["configure", /fs\.configure\.key is not set/],
  undeclared: ["export", /exports other:\/\/.*declares undeclared.*plugfs\.schemes/],
  "too-new": ["compatibility", /asks for plugfs \^2\.0\.0, this host has SPI version 1\./],
  "bad-range": ["manifest", /peerDependencies\.plugfs.*"newest"/],
  "no-entry": ["resolve", /dist\/index\.js does not exist.*\/no-entry\/dist\/index\.js/],
  "bad-json": ["manifest", /not JSON/],
  "bad-types": [
    "manifest",
    /name: .*type: .*plugfs\.schemes\[0\].*plugfs\.schemes\[1\].*plugfs\.options\["fs\.x\.y"\]\.type.*exports\["\."\]/,
  ],
  "no-manifest": ["manifest", /no package\.json/],
  java: ["manifest", /Java plugin/],
  deeper: ["manifest", /one folder deeper.*Run: mv /],
};

test("every kind of broken plugin", async (t) => {
  await using at = await scene("outside", []);
  await cp(join(repository, "test/fixtures/plugins/broken"), at.pluginsDir, { recursive: true });
  await writeFiles(at.host, {
    "open.mjs": `
      import { Environment } from "plugfs";
      const reported = [];
      const log = (fields, message) => reported.push(message);
      const env = await Environment.open({
        pluginsDir: ${JSON.stringify(at.pluginsDir)},
        configuration: { "plugin.load-timeout": "1500 ms" },
        logger: { debug() {}, info() {}, warn: log, error: log },
      });
      const thrown = {};
      const ids = env.plugins.list().map(({ id }) => id);
      for (const id of ids) {
        // Twice: the second time nothing is imported or reported again.
        for (const attempt of [1, 2]) {
          await env.fileSystem(id + "://x").then(() => { thrown[id] = "works"; }, (error) => { thrown[id] = error.code; });
        }
      }
      const plugins = Object.fromEntries(env.plugins.list().map(({ id, state, error }) => [
        id, { state, ...(error && { error: { phase: error.phase, code: error.code, message: error.message, location: error.location } }) },
      ]));
      await env.close();
      console.log(JSON.stringify({ plugins, thrown, reported }));
    `,
  });
  const report = JSON.parse(await runNode([join(at.host, "open.mjs")])) as {
    plugins: Record<string, { state: string; error?: Failure }>;
    thrown: Record<string, string>;
    reported: string[];
  };

  await t.test("good works", () => {
    assert.equal(report.thrown.good, "works");
    assert.equal(report.plugins.good?.state, "active");
  });
  assert.deepEqual(Object.keys(report.plugins).sort(), [...Object.keys(EXPECTED), "good"].sort());
  for (const [id, [phase, message]] of Object.entries(EXPECTED)) {
    await t.test(id, () => {
      const { state, error } = report.plugins[id] ?? {};
      assert.equal(state, id === "too-new" ? "incompatible" : "failed");
      assert.equal(error?.phase, phase, error?.message);
      assert.match(error?.message ?? "", message);
      assert.ok(error?.message.startsWith(`plugin "${id}": `));
      assert.doesNotMatch(error?.message ?? "", /plugfs-code-/, "names the plugin's folder, not a copy");
      const mentions = report.reported.filter((text) => text.includes(`"${id}"`));
      assert.equal(mentions.length, 1, mentions.join("\n"));
      assert.notEqual(report.thrown[id], "works");
    });
  }
});
