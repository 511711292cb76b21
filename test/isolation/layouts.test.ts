/** Every kind of import, from plugins of every format, wherever the folder lies and however the host was started. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Format, schemeOf } from "./probe-plugin.ts";
import { type HostStart, runHost, tsxCommand } from "./run-host.ts";
import { type Layout, scene } from "./scene.ts";

const FORMATS: readonly Format[] = ["cjs", "esm", "ts", "ts-cjs"];
const NEIGHBOUR = {
  "package.json": { name: "neighbour" },
  "index.mjs": "export {};",
  "index.cjs": "",
};
const SHARED = {
  shared: ["shared-cjs", "shared-esm"],
  configuration: {
    "plugin.classloader.parent-first-patterns.additional": "shared-cjs;shared-esm;@shared/",
  },
};

async function probe(
  t: TestContext,
  layout: Layout,
  formats: readonly Format[],
  start: HostStart = {},
): Promise<void> {
  const neighbours = Object.fromEntries(formats.map((format) => [`${format}-2`, NEIGHBOUR]));
  await using at = await scene(layout, formats, { neighbour: NEIGHBOUR, ...neighbours });
  const report = await runHost(at, { schemes: formats.map(schemeOf), ...SHARED }, start);
  for (const format of formats) {
    const probes = report.results[schemeOf(format)] ?? {};
    assert.ok(Object.keys(probes).length > 50, JSON.stringify(probes));
    for (const [name, outcome] of Object.entries(probes)) {
      await t.test(`${format}, ${name}`, () => assert.equal(outcome, true));
    }
  }
  for (const [name, outcome] of Object.entries(report.host)) {
    await t.test(name, () => assert.equal(outcome, true));
  }
}

for (const format of FORMATS)
  test(`${format} alone, inside the host's folder`, (t) => probe(t, "inside", [format]));
for (const layout of ["outside", "linked", "odd-name"] as const) {
  test(`all formats, folder ${layout}`, (t) => probe(t, layout, FORMATS));
}
test("all formats, host started by tsx", (t) => probe(t, "inside", FORMATS, { flags: [tsxCommand] }));
