/** The main thread's end of the hook thread (Node before 22.15). */
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { PluginError } from "../../errors/errors.ts";
import type { ThreadState } from "./hook-thread.ts";
import { hostMain } from "./shared-packages.ts";

/** A module beside this one, in source and in built form. */
export function siblingUrl(name: string): URL {
  return new URL(`./${name}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
}

export class HookThread {
  readonly #port: MessagePort;
  readonly #acknowledged = new Int32Array(new SharedArrayBuffer(4));

  /** Starts the thread (30 to 40 ms). Throws `PluginError` ERR_PLUGIN_HOST_BUNDLED where its file is missing. */
  constructor() {
    const url = threadUrl();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.unref();
    module.register(url, {
      data: { port: port2, acknowledged: this.#acknowledged },
      transferList: [port2],
    });
  }

  /** Returns once the thread works by the new state: what is imported next is resolved by it. */
  update(state: Omit<ThreadState, "host">): void {
    const before = Atomics.load(this.#acknowledged, 0);
    this.#port.postMessage({ ...state, host: pathToFileURL(hostMain()).href } satisfies ThreadState);
    Atomics.wait(this.#acknowledged, 0, before);
  }
}

/** In a host that was bundled to one file the thread's module comes from plugfs as installed beside the bundle. */
function threadUrl(): URL {
  const beside = siblingUrl("hook-thread");
  if (existsSync(fileURLToPath(beside))) return beside;
  try {
    const manifest = module.createRequire(import.meta.url).resolve("plugfs/package.json");
    const installed = new URL("dist/core/plugin/isolation/hook-thread.js", pathToFileURL(manifest));
    if (existsSync(fileURLToPath(installed))) return installed;
  } catch {
    // Not installed: reported below.
  }
  throw new PluginError({
    code: "ERR_PLUGIN_HOST_BUNDLED",
    phase: "import",
    message: `the bundled host lacks plugfs's module hook-thread.js, which ES module plugins need on Node ${process.versions.node}`,
    hint: "Install plugfs beside the bundle (npm install plugfs), or run on Node 22.15 or newer",
  });
}
