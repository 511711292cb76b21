/**
 * A continuous job for `follow.test.ts`, in a process of its own: `follow-job.ts HOME BASE`. It goes on where its last
 * run was killed, until SIGTERM. It prints `running`, and `stopped`.
 */
import { Environment, FsStateBackend } from "plugfs";

const [home = "", base = ""] = process.argv.slice(2);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("SIGTERM")));
await using env = await Environment.open({ home });
env.setStateBackend(new FsStateBackend(`${base}/state`)).enableCheckpointing(10);
env
  .readTextFile(`${base}/in`, { continuous: { interval: 10 } })
  .map(async (line) => line)
  .writeAsText(`${base}/out`, { parallelism: 2, rolling: { size: 20_000, interval: 30 } });
process.stdout.write("running\n");
const { stopped } = await env.execute("following", { restore: "latest", signal: stop.signal });
process.stdout.write(`${stopped ? "stopped" : "ended"}\n`);
