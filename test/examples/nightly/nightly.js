/**
 * `node nightly.js <source folder> <target folder> <state folder> [day]`: takes the day's lines out of all logs of the
 * source, drops what is only for debugging, and writes them to `<target>/<day>`. A run that was killed goes on from its last
 * checkpoint when it is started again; a run that is done is not done twice.
 */
import { Environment, FsStateBackend } from "plugfs";

const [source, target, state, day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)] =
  process.argv.slice(2);
if (state === undefined) {
  console.error("usage: node nightly.js SOURCE TARGET STATE [YYYY-MM-DD]");
  process.exit(2);
}

const env = await Environment.open();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));

try {
  await run();
} finally {
  await env.close();
}

async function run() {
  const output = `${target}/${day}.log`;
  const done = await env.fs.stat(output).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (done !== undefined) {
    console.log(`${output} is there already (${done.size} bytes)`);
    return;
  }

  env.setStateBackend(new FsStateBackend(state));
  env.enableCheckpointing(10_000, { retain: "on-failure" });
  env
    .readTextFile(source)
    .filter((line) => line.startsWith(day) && !line.includes(" DEBUG "))
    .writeAsText(output);
  const result = await env.execute(`nightly-${day}`, { restore: "latest", signal: stop.signal });
  console.log(`${result.linesRead} lines read, written to ${output}`);
}
