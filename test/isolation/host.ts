/** The host program of a scene. Its one argument is JSON: what to open; it prints one line of JSON. */
export const HOST = `
import * as plugfs from "plugfs";
import * as sharedEsm from "shared-esm";
import sharedCjs from "shared-cjs";
import scoped from "@shared/scoped";

const { Environment } = plugfs;
const job = JSON.parse(process.argv[2]);
globalThis.hostPlugfs = plugfs;
globalThis.hostShared = { "shared-esm": sharedEsm, "shared-cjs": sharedCjs, "@shared/scoped": scoped };
globalThis.probes = {};
const log = [];
const logger = Object.fromEntries(
  ["debug", "info", "warn", "error"].map((level) => [level, (fields, message) => log.push({ level, message })]),
);
const env = await Environment.open({
  home: import.meta.dirname ?? ".",
  pluginsDir: job.pluginsDir,
  configuration: { "plugin.load-timeout": "20 s", ...job.configuration },
  shared: Object.fromEntries((job.shared ?? []).map((name) => [name, globalThis.hostShared[name]])),
  logger,
});
const results = {};
for (const scheme of job.schemes) {
  try {
    await env.fileSystem(scheme + "://x");
    results[scheme] = (await globalThis.probes[scheme]?.(job)) ?? {};
  } catch (error) {
    results[scheme] = { "loads": error.stack + (error.cause ? "\\n" + error.cause.stack : "") };
  }
}
// The host is not touched by any of this.
const host = {};
host["the host's own imports"] = (await import("host-only")).default.from === "host" || "wrong";
host["the host's plugfs"] = (await import("plugfs")).FileSystem === plugfs.FileSystem || "another instance";
const { createRequire } = await import("node:module");
host["the host's own requires"] = createRequire(import.meta.url)("host-only").from === "host" || "wrong";
const plugins = env.plugins.list().map(({ id, state, error }) => ({ id, state, error: error?.message }));
await env.close();
console.log(JSON.stringify({ results, host, plugins, log }));
`;
