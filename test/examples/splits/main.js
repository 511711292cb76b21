/**
 * `node main.js <file or folder> [processes]`: counts words. A split is plain data: this process hands one after the other
 * to whichever worker is free. A queue or a cluster would do it in the same way.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Environment } from "plugfs";

const [source, processes = "2"] = process.argv.slice(2);
if (source === undefined) {
  console.error("usage: node main.js SOURCE [PROCESSES]");
  process.exit(2);
}

const env = await Environment.open();
const counts = new Map();
let handedOut = 0;
try {
  const splits = env.createInputSplits(source, { recursive: true, splitSize: 64 * 1024 });
  const queue = splits[Symbol.asyncIterator]();
  await Promise.all(Array.from({ length: Number(processes) }, () => work(queue)));
} finally {
  await env.close();
}
const [most] = [...counts].sort((a, b) => b[1] - a[1]);
console.log(`${handedOut} splits, ${counts.size} words, most often: ${most?.join(" ")}`);

/** One worker, from its first split to its last. */
async function work(queue) {
  const worker = fork(fileURLToPath(new URL("worker.js", import.meta.url)));
  const died = once(worker, "exit").then(([code, signal]) => {
    throw new Error(`a worker ended: ${signal ?? `exit code ${code}`}`);
  });
  died.catch(() => {});
  try {
    for (let step = await queue.next(); !step.done; step = await queue.next()) {
      handedOut += 1;
      const answer = once(worker, "message");
      worker.send(step.value);
      const [words] = await Promise.race([answer, died]);
      // A split counts as a whole: nothing was added for one whose worker died.
      for (const [word, count] of words) counts.set(word, (counts.get(word) ?? 0) + count);
    }
  } finally {
    worker.kill();
  }
}
