/** The main thread's end of the hook thread (Node before 22.15). */
import module from "node:module";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { ThreadState } from "./hook-thread.ts";
import { moduleFile } from "./module-file.ts";

export class HookThread {
  readonly #port: MessagePort;
  readonly #acknowledged = new Int32Array(new SharedArrayBuffer(4));

  /** Starts the thread (30 to 40 ms). Throws `PluginError` ERR_PLUGIN_HOST_BUNDLED where its file is missing. */
  constructor() {
    const url = moduleFile("hook-thread", "ES module plugins on Node before 22.15");
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.unref();
    module.register(url, {
      data: { port: port2, acknowledged: this.#acknowledged },
      transferList: [port2],
    });
  }

  /** Returns once the thread works by the new state: what is imported next is resolved by it. */
  update(state: ThreadState): void {
    const before = Atomics.load(this.#acknowledged, 0);
    this.#port.postMessage(state);
    Atomics.wait(this.#acknowledged, 0, before);
  }
}
