/** The program of a plugin's worker: loads the plugin as a host would, and serves it over the port. */
import { subscribe } from "node:diagnostics_channel";
import { createRequire } from "node:module";
import { parentPort, type TransferListItem, workerData } from "node:worker_threads";
import { Configuration } from "../../config/configuration.ts";
import { PluginError } from "../../errors/errors.ts";
import type { Logger } from "../../fs/contract.ts";
import type { ProvidedFactory } from "../../fs/provider.ts";
import type { Activation } from "../activation.ts";
import { folderContents } from "../folder-contents.ts";
import { Isolation } from "../isolation/isolation.ts";
import { Loader } from "../loader.ts";
import { Batch } from "./batch.ts";
import type { LogLevel, ToHost, ToWorker, WorkerStart } from "./messages.ts";
import { type Methods, Served } from "./serve.ts";
import { errorToWire, fieldsToWire, pathFromWire, type WirePath } from "./wire.ts";

const port = parentPort;
const start = workerData as WorkerStart | undefined;
if (port !== null && start !== undefined) {
  const batch = new Batch<ToHost>(
    (messages, transfer) => port.postMessage(messages, transfer as readonly TransferListItem[]),
    (message, error) => {
      if (message.type !== "result") throw error;
      batch.add({ type: "error", call: message.call, error: errorToWire(error), aborted: false });
    },
  );
  const tell = (message: ToHost, transfer?: readonly object[]) => batch.add(message, transfer);
  const log =
    (level: LogLevel) =>
    (fields: object, message = "") => {
      tell({ type: "log", level, fields: fieldsToWire(fields), message });
      // What it says before it ends the process is heard.
      batch.flush();
    };
  const logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") } as Logger;
  subscribe("plugfs:retry", (event) => tell({ type: "retry", event: fieldsToWire(event as object) }));

  const isolation = Isolation.ofProcess();
  if (start.host !== undefined) isolation.host = start.host;
  const core = await import("../../index.ts");
  const loader = new Loader({
    settings: start.settings,
    shared: {},
    coreNamespace: async () => ({ plugfs: core }),
    logger,
  });
  for (const name of start.shared) {
    try {
      createRequire(isolation.host).resolve(name);
    } catch {
      const message = `plugin "${start.id}" runs in a worker, where the host's ${name} exists only as a value; it gets its own copy`;
      logger.warn({ plugin: start.id }, message);
    }
  }

  let loaded: (activation: Activation | undefined) => void = () => undefined;
  const loading = new Promise<Activation | undefined>((resolve) => {
    loaded = resolve;
  });
  const factory = async (scheme: string): Promise<ProvidedFactory["factory"]> => {
    const found = (await loading)?.schemes.get(scheme);
    if (found === undefined || found instanceof PluginError)
      throw found ?? new Error(`no factory for ${scheme}`);
    return found.factory;
  };
  const methods: Methods = {
    createFileSystem: async (signal, [root]: readonly WirePath[]) => {
      const path = pathFromWire(root as WirePath);
      const context = { logger, signal: signal ?? new AbortController().signal };
      const fs = await (await factory(path.scheme)).create(path, context);
      return { ref: served.fileSystem(fs), capabilities: [...fs.capabilities] };
    },
    closeFactories: async () => (await loading)?.close(),
    stop: () => loader.close(),
  };
  const served = new Served(tell, methods);
  port.on("message", (messages: readonly ToWorker[]) => {
    for (const message of messages) served.receive(message);
  });
  tell({ type: "started" });
  // From here on it is watched, also when the plugin spins at once.
  batch.flush();

  const { id, directory, manifest } = start;
  try {
    const folder = { id, directory, manifest, contents: folderContents(directory) };
    const activation = await loader.load(folder, Configuration.fromData(start.configuration), false);
    loaded(activation);
    const schemes = [...activation.schemes].map(([scheme, found]) =>
      found instanceof PluginError ? { scheme, error: errorToWire(found) } : { scheme },
    );
    tell({ type: "loaded", schemes });
  } catch (error) {
    loaded(undefined);
    tell({ type: "failed", error: errorToWire(error) });
  }
}
