/**
 * The gateway in a process of its own, for load.test.js: `node --expose-gc load-host.js HOME ALLOWED`. It tells its port,
 * and after each message what it holds.
 */
import { readdirSync } from "node:fs";
import { getHeapCodeStatistics } from "node:v8";
import { Environment } from "plugfs";
import { gateway } from "./gateway.js";

const [home, ...allow] = process.argv.slice(2);
const env = await Environment.open({ home, policy: { allow } });
const app = gateway(env);
await app.listen({ port: 0, host: "127.0.0.1" });
process.send({ port: app.server.address().port });

process.on("message", async () => {
  // Twice, because what finalizers let go is garbage of the second turn.
  for (let turn = 0; turn < 2; turn++) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics();
  process.send({
    /** Compiled code aside, which V8 makes and drops as it likes. */
    heap: heapUsed - code_and_metadata_size - bytecode_and_metadata_size,
    /** Outside of the heap. */
    buffers: arrayBuffers,
    handles: readdirSync("/dev/fd").length + process.getActiveResourcesInfo().length,
    /** Bytes, the most so far. */
    resident: process.resourceUsage().maxRSS * 1024,
    streams: env.metrics().reduce((sum, { openInputs, openOutputs }) => sum + openInputs + openOutputs, 0),
  });
});
process.once("disconnect", () => app.close().then(() => env.close()));
