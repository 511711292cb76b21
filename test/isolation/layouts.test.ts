/** Every kind of import, from plugins of every format, wherever the folder lies and however the host was started. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Format, schemeOf } from "./probe-plugin.ts";
import { type HostStart, runHost, tsxCommand } from "./run-host.ts";
import { type Layout, scene } from "./scene.ts";

const FORMATS: readonly Format[] = ["cjs", "esm", "ts", "ts-cjs"];
const SHARED = {
  shared: ["shared-cjs", "shared-esm"],
  configuration: {
    "plugin.classloader.parent-first-patterns.additional": "shared-cjs;shared-esm;@shared/",
  },
};

async function probe(
  t: { test(name: string, run: () => void): Promise<void> },
  layout: Layout,
  format: Format,
  start: HostStart = {},
): Promise<void> {
  await using at = await scene(layout, [format], {
    neighbour: { "package.json": { name: "n" }, "index.mjs": "export {};", "index.cjs": "" },
    [`${format}-2`]: { "package.json": { name: "n2" }, "index.mjs": "export {};" },
  });
  const scheme = schemeOf(format);
  const report = await runHost(at, { schemes: [scheme], ...SHARED }, start);
  const probes = { ...report.results[scheme], ...report.host };
  assert.ok(Object.keys(probes).length > 3, JSON.stringify(report));
  for (const [name, outcome] of Object.entries(probes)) {
    await t.test(name, () => assert.equal(outcome, true));
  }
}

for (const format of FORMATS) {
  for (const layout of ["inside", "outside", "linked", "odd-name"] as const) {
    test(`${format}, folder ${layout}`, (t) => probe(t, layout, format));
  }
  test(`${format}, host started by tsx`, (t) => probe(t, "inside", format, { flags: [tsxCommand] }));
}
