/**
 * A job for `kill.test.ts`, in a process of its own: `job.ts HOME BASE`. It goes on where its last run was killed. It
 * prints `running`, a number for every 500 lines, and `ended`.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Environment, FsStateBackend } from "plugfs";

const [home = "", base = ""] = process.argv.slice(2);
await using env = await Environment.open({ home });
env.setStateBackend(new FsStateBackend(`${base}/state`)).enableCheckpointing(10);
let seen = 0;
const lines = env.readTextFile(`${base}/in`, { splitSize: 100_000 }).flatMap(async (line) => {
  const number = Number(line.slice(0, 6));
  if (number % 500 === 0) {
    process.stdout.write(`${++seen}\n`);
    await pause(2);
  }
  return number % 7 === 0 ? [] : [line, `${line}!`];
});
lines.writeAsText(`${base}/out`, { parallelism: 2 });
lines.filter((line) => line.endsWith("!")).writeAsText(`${base}/marked`, { parallelism: 2 });
process.stdout.write("running\n");
await env.execute("killed", { restore: "latest" });
process.stdout.write("ended\n");
