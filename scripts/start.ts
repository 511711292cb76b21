/**
 * The main job, as a user would run it: an OSS server, a home with conf/ and plugins/, oss-fs copied into
 * plugins/, then readTextFile → map → writeAsText over oss:// with checkpoints on oss://.
 *
 * `npm start -- --keep` leaves the server and the home alive and prints how to use them.
 */
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Environment, FsStateBackend, progressBar } from "plugfs";
import { startOssServer } from "../test/oss-server/server.ts";
import { bytes, count, perSecond } from "./start/figures.ts";
import { makeHome } from "./start/home.ts";
import { realText } from "./start/real-text.ts";

const root = join(import.meta.dirname, "..");
const bucket = "demo";
const accessKeyId = "plugfs-start";
const accessKeySecret = "a-secret-of-this-run-only";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interrupted.abort(signal));
}

try {
  const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
  await run(values.keep);
} catch (error) {
  if (!interrupted.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
if (interrupted.signal.aborted) process.exitCode = 130;

async function run(keep: boolean): Promise<void> {
  await using server = await startOssServer({ buckets: [bucket], accessKeyId, accessKeySecret });
  await using home = await makeHome({
    pluginSource: join(root, "opt", "oss-fs"),
    endpoint: server.endpoint,
    accessKeyId,
    accessKeySecret,
  });
  section("Home", [
    ["OSS server", `${server.endpoint}, bucket ${bucket}`],
    ["home", home.path],
    ["enabled by", `cp -r opt/oss-fs ${join(home.path, "plugins")}/`],
  ]);
  interrupted.signal.throwIfAborted();

  await using env = await Environment.open({ home: home.path });
  const text = await realText(root);
  await env.fs.writeFile(`oss://${bucket}/input/api.txt`, text, { signal: interrupted.signal });

  env.setStateBackend(new FsStateBackend(`oss://${bucket}/checkpoints`));
  env.enableCheckpointing(200, { retain: "on-success" });
  env
    .readTextFile(`oss://${bucket}/input/api.txt`)
    .map((line) => line.trim())
    .filter((line) => line.startsWith("* "))
    .map((line) => line.slice(2))
    .writeAsText(`oss://${bucket}/output/prose.txt`);
  const options = { signal: interrupted.signal, onProgress: progressBar() };
  const result = await env.execute("api-prose", options);

  section(
    "Plugins",
    env.plugins
      .list()
      .map((plugin) => [
        `${plugin.id} ${plugin.version ?? ""}`,
        `${plugin.state}, ${plugin.schemes.map(({ scheme }) => `${scheme}://`).join(" ")}`,
      ]),
  );
  const sink = result.sinks[0];
  if (sink === undefined) throw new Error("the job reported no sink");
  section("Job", [
    ["read", `${count(result.linesRead)} lines, ${bytes(result.bytesRead)}`],
    ["written", `${count(sink.lines)} lines, ${bytes(sink.bytes)}`],
    [
      "rate",
      `${count(perSecond(result.linesRead, result.durationMs))} lines/s, ` +
        `${bytes(perSecond(result.bytesRead, result.durationMs))}/s (${Math.round(result.durationMs)} ms)`,
    ],
    ["result", String(sink.path)],
  ]);

  const storage = await env.stateStorage("api-prose");
  const retained = await storage.list();
  section("Checkpoints", [
    ["completed", String(result.checkpoints.length)],
    ...retained.map((checkpoint): [string, string] => ["retained", checkpoint.pointer]),
  ]);
  for (const checkpoint of retained) await storage.discard(checkpoint.pointer);
  section("", [["left after disposal", String((await storage.list()).length)]]);

  let lines = 0;
  for await (const batch of env.readTextFile(`oss://${bucket}/output/prose.txt`).batches())
    lines += batch.length;
  const status = await env.fs.stat(`oss://${bucket}/output/prose.txt`);
  if (lines !== sink.lines || status.size !== sink.bytes)
    throw new Error("the result does not read back as written");
  section("Read back", [["result", `${count(lines)} lines, ${bytes(status.size)}: as written`]]);

  if (keep) await keepAlive(home.path);
}

async function keepAlive(home: string): Promise<void> {
  const program =
    'import { Environment } from "plugfs"; ' +
    "const env = await Environment.open(); " +
    `for await (const line of env.readTextFile("oss://${bucket}/output/prose.txt")) console.log(line); ` +
    "await env.close();";
  console.log(`\nServer and home stay until Ctrl-C. In another terminal, from this folder:\n`);
  console.log(`  PLUGFS_HOME=${home} node --input-type=module -e '${program}' | head\n`);
  if (!interrupted.signal.aborted) await once(interrupted.signal, "abort");
}

/** A heading and its rows, aligned. */
function section(heading: string, rows: (readonly [string, string])[]): void {
  if (heading !== "") console.log(`\n${heading}`);
  for (const [name, value] of rows) console.log(`  ${name.padEnd(20)} ${value}`);
}
