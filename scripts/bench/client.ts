/** One sample in a process of its own: `client.ts <task as JSON> <plugins folder>` prints one line of JSON. */

import type { Sample, Task, Tool } from "./task.ts";
import { plugfsTool } from "./tools/plugfs.ts";

const task = JSON.parse(process.argv[2] ?? "") as Task;
const pluginsDir = process.argv[3] ?? "";

await using tool = await open();
const run = operation(tool);
// Connections, code and buffers are warm before the clock starts, on every side.
await warmUp();
const cpu = process.cpuUsage();
const started = performance.now();
const amount = await run(task);
const milliseconds = performance.now() - started;
const used = process.cpuUsage(cpu);
const sample: Sample = {
  milliseconds,
  amount,
  cpuMilliseconds: (used.user + used.system) / 1000,
  peakMemory: process.resourceUsage().maxRSS * 1024,
};
console.log(JSON.stringify(sample));

async function open(): Promise<Tool> {
  switch (task.tool) {
    case "plugfs":
      return plugfsTool(task, pluginsDir);
    case "ali-oss":
      return (await import("./tools/ali-oss.ts")).aliOssTool(task);
    case "opendal":
      return (await import("./tools/opendal.ts")).opendalTool(task);
    case "raw":
      return (await import("./tools/raw.ts")).rawTool(task);
    case "readline":
      return (await import("./tools/readline.ts")).readlineTool();
  }
}

function operation(tool: Tool): (task: Task) => Promise<number> {
  const found = {
    read: tool.read,
    write: tool.write,
    "small-reads": tool.smallReads,
    "random-reads": tool.randomReads,
    list: tool.list,
    "delete-tree": tool.deleteTree,
    lines: tool.lines,
    "line-batches": tool.lineBatches,
  }[task.operation];
  if (found === undefined) throw new Error(`${task.tool} has no ${task.operation}`);
  return found;
}

async function warmUp(): Promise<void> {
  const { operation: name } = task;
  if (name === "read" || name === "lines" || name === "line-batches") {
    if (!task.key.includes("://")) await run({ ...task, key: "warm" });
  } else if (name === "write") {
    await run({ ...task, key: "warm-write", size: 16 * 1024 * 1024 });
  } else if (name === "small-reads" || name === "random-reads") {
    await run({ ...task, count: Math.min(task.count, 100) });
  }
}
