import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CREDENTIALS, type Sample, type Task } from "./task.ts";

const node = (script: string, args: readonly string[]): ChildProcess =>
  spawn(
    process.execPath,
    [
      "--conditions=plugfs-source",
      "--import",
      import.meta.resolve("tsx"),
      fileURLToPath(new URL(script, import.meta.url)),
      ...args,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );

export interface ServerShape {
  /** Milliseconds before the first byte. */
  readonly latency?: number;
  /** Bytes per second of a connection. */
  readonly rate?: number;
}

export interface BenchServer extends AsyncDisposable {
  readonly endpoint: string;
}

/** The OSS server in a process of its own, with the bucket `bench`. */
export async function startServer(shape: ServerShape, data: string): Promise<BenchServer> {
  const child = node("../oss-server.ts", [
    ...["--bucket", "bench", "--data", data],
    ...["--access-key-id", CREDENTIALS.accessKeyId, "--access-key-secret", CREDENTIALS.accessKeySecret],
    ...(shape.latency === undefined ? [] : ["--latency", String(shape.latency)]),
    ...(shape.rate === undefined ? [] : ["--rate", String(shape.rate)]),
  ]);
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line");
  return {
    endpoint: JSON.parse(String(line)).endpoint,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

export async function sample(task: Task, pluginsDir: string): Promise<Sample> {
  const child = node("client.ts", [JSON.stringify(task), pluginsDir]);
  const printed = await text(child.stdout as NodeJS.ReadableStream);
  if (child.exitCode !== 0) await once(child, "exit").catch(() => undefined);
  const last = printed.trim().split("\n").at(-1);
  if (last === undefined || last === "") throw new Error(`${task.tool} failed at ${task.operation}`);
  return JSON.parse(last);
}
