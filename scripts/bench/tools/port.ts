/** What a worker's port can take when nothing is done at either end: a question and its answer. */
import { Worker } from "node:worker_threads";
import { inParallel, type Tool } from "../task.ts";

const ECHO = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (message) => parentPort.postMessage(message));
`;

export function portTool(): Tool {
  const worker = new Worker(ECHO, { eval: true });
  const waiting: (() => void)[] = [];
  worker.on("message", () => waiting.shift()?.());
  return {
    operations: {
      async calls({ key, count, concurrency }) {
        await inParallel(count, concurrency, (i) => {
          const answered = new Promise<void>((resolve) => waiting.push(resolve));
          worker.postMessage({ type: "call", call: i, args: [key] });
          return answered;
        });
        return { amount: count };
      },
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
