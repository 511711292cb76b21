/** A process of one tool: takes its setup, then one task after another, as messages; answers each with a sample. */
import type { Sample, Setup, Task, Tool } from "./task.ts";

process.on("disconnect", () => process.exit());
let tool: Tool | undefined;

process.on("message", (message: { setup: Setup; root: string } | { task: Task } | { close: true }) => {
  handle(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  );
});

async function handle(
  message: { setup: Setup; root: string } | { task: Task } | { close: true },
): Promise<object> {
  if ("setup" in message) {
    tool = await open(message.setup, message.root);
    return {};
  }
  if ("task" in message) return { sample: await measure(message.task) };
  await tool?.[Symbol.asyncDispose]();
  return {};
}

async function measure(task: Task): Promise<Sample> {
  const run = tool?.operations[task.operation];
  if (run === undefined) throw new Error(`this tool has no ${task.operation}`);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const { usage, ...work } = await run(task);
  const milliseconds = performance.now() - started;
  const used = process.cpuUsage(cpu);
  const own = {
    cpuMilliseconds: (used.user + used.system) / 1000,
    peakMemory: process.resourceUsage().maxRSS * 1024,
  };
  return { milliseconds, ...own, ...usage, ...work };
}

/** Only the tool's own modules are loaded: its memory is measured. */
async function open(setup: Setup, root: string): Promise<Tool> {
  switch (setup.tool) {
    case "plugfs":
      return (await import("./tools/plugfs.ts")).plugfsTool(setup);
    case "ali-oss":
      return (await import("./tools/ali-oss.ts")).aliOssTool(setup);
    case "opendal":
      return (await import("./tools/opendal.ts")).opendalTool(setup);
    case "raw":
      return (await import("./tools/raw.ts")).rawTool(setup);
    case "readline":
      return (await import("./tools/readline.ts")).readlineTool();
    case "port":
      return (await import("./tools/port.ts")).portTool();
    case "command":
      return (await import("./tools/command.ts")).commandTool(setup, root);
  }
}
