import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { Order } from "./server.ts";
import type { Sample, Setup, Task } from "./task.ts";

/**
 * Client and server as plain JavaScript, so that processes start at once and run as a user's do: on the built plugfs,
 * under plain Node. Below the repository, because that is where packages are found.
 */
export async function buildScripts(root: string): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = join(root, ".cache", `bench-${process.pid}`);
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: ["client", "server"].map((name) => join(root, `scripts/bench/${name}.ts`)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    target: "node20.19",
    format: "esm",
  });
  // The server looks for its certificate beside its code.
  const tls = join(root, "test/oss-server/tls");
  for (const file of await readdir(tls))
    if (file.endsWith(".pem")) await copyFile(join(tls, file), join(folder, file));
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export type ServerOrder = Order["order"];

/** The process of server.ts. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly endpoints: { readonly plain: string; readonly secure: string; readonly ca: string };
  #next = 0;

  private constructor(child: ChildProcess, endpoints: ServerProcess["endpoints"]) {
    this.#child = child;
    this.endpoints = endpoints;
    child.on("message", ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(`the server: ${error}`));
    });
  }

  static async start(folder: string): Promise<ServerProcess> {
    const child = fork(join(folder, "server.mjs"), { execArgv: ["--max-old-space-size=8192"] });
    const [endpoints] = await once(child, "message");
    return new ServerProcess(child, endpoints as ServerProcess["endpoints"]);
  }

  do(tls: boolean, order: ServerOrder): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, tls, order });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child);
  }
}

/** A process of client.ts. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;

  private constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
  }

  /** `name`: for errors. `env`: more variables. */
  static async start(
    place: { readonly folder: string; readonly root: string },
    setup: Setup,
    name: string,
    env: NodeJS.ProcessEnv,
  ): Promise<ClientProcess> {
    const child = fork(join(place.folder, "client.mjs"), {
      cwd: setup.work,
      execArgv: [],
      env: { ...process.env, ...env },
    });
    const client = new ClientProcess(child, name);
    await client.#ask({ setup, root: place.root });
    return client;
  }

  async run(task: Task): Promise<Sample> {
    const { sample } = (await this.#ask({ task })) as { sample: Sample };
    return sample;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) await this.#ask({ close: true });
    await end(this.#child);
  }

  #ask(message: object): Promise<object> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null, signal: string | null): void =>
        reject(new Error(`${this.#name}: its process ended (${signal ?? code})`));
      this.#child.once("exit", onExit);
      this.#child.once("message", (answer: { error?: string }) => {
        this.#child.off("exit", onExit);
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(`${this.#name}: ${answer.error}`));
      });
      this.#child.send(message);
    });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
