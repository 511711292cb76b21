import type { Configuration } from "../config/configuration.ts";
import { tellOfPlugin } from "../diagnostics/channels.ts";
import { errorMessage, PluginError } from "../errors/errors.ts";
import type { Logger } from "../fs/contract.ts";
import type { Activation } from "./activation.ts";
import { checkCompatibility, examine, manifestStamp } from "./examination.ts";
import { failure } from "./failure.ts";
import type { PluginFolder } from "./finder.ts";
import { folderContents } from "./folder-contents.ts";
import type { Loader } from "./loader.ts";
import type { Manifest } from "./manifest.ts";
import type { PluginInfo, PluginState } from "./plugin-info.ts";
import { disabled } from "./unavailable.ts";

/** What the plugins of one manager have in common. */
export interface PluginHost {
  readonly loader: Loader;
  readonly logger: Logger;
  readonly disabled: ReadonlySet<string>;
  /** With every plugin's secrets declared. */
  readonly configuration: () => Configuration;
  readonly warn: (message: string, fields?: object) => void;
  /** What was made by these generations is to be closed once it is idle. */
  readonly retired: (generations: readonly object[]) => void;
}

const LONGEST_PAUSE = 60_000;

/** One folder in `plugins/` and how far it has come. */
export class Plugin {
  readonly id: string;
  readonly #host: PluginHost;
  #folder: PluginFolder;
  #manifest: Manifest | undefined;
  #manifestStamp = "";
  #state: PluginState = "failed";
  #error: PluginError | undefined;
  #unloaded = false;
  #activation: Activation | undefined;
  #loading: Promise<Activation> | undefined;
  /** Ends when the last change of state under way has ended. */
  #last: Promise<unknown> = Promise.resolve();
  /** Of the last load. */
  #contents: string | undefined;
  #loadMillis: number | undefined;
  #failures = 0;
  #failedAt = 0;

  constructor(folder: PluginFolder, host: PluginHost) {
    this.id = folder.id;
    this.#folder = folder;
    this.#host = host;
    this.#read();
  }

  get state(): PluginState {
    return this.#state;
  }

  get error(): PluginError | undefined {
    return this.#error;
  }

  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** Declared, or known from the import. Empty when neither. */
  get schemes(): readonly string[] {
    return this.#manifest?.schemes ?? [...(this.#activation?.schemes.keys() ?? [])];
  }

  /** Whether it could serve something: it is enabled, compatible, and has a manifest. */
  get usable(): boolean {
    return this.#manifest !== undefined && this.#state !== "incompatible" && this.#state !== "disabled";
  }

  /** Whether only an import can tell its schemes. */
  get undeclared(): boolean {
    return this.usable && this.#manifest?.schemes === undefined && this.#activation === undefined;
  }

  info(servedBy: (scheme: string) => string | null): PluginInfo {
    const { name, version, apiRange } = this.#manifest ?? {};
    return {
      id: this.id,
      directory: this.#folder.directory,
      state: this.#state,
      schemes: this.schemes.map((scheme) => ({ scheme, servedBy: servedBy(scheme) })),
      ...(name !== undefined && { name }),
      ...(version !== undefined && { version }),
      ...(apiRange !== undefined && { apiRange }),
      ...(this.#error !== undefined && { error: this.#error }),
      ...(this.#loadMillis !== undefined && { loadMillis: this.#loadMillis }),
    };
  }

  /** Takes a new look at a folder that is not in use. Returns whether its manifest differs. */
  look(folder: PluginFolder): boolean {
    if (this.#activation !== undefined) return false;
    const same = folder.directory === this.#folder.directory && manifestStamp(folder) === this.#manifestStamp;
    this.#folder = folder;
    // Without a manifest the reason may be another by now: jars, a nested copy.
    if (!same || this.#manifest === undefined) this.#read();
    return !same;
  }

  /** Whether the folder's files differ from those that were loaded. */
  differs(folder: PluginFolder): boolean {
    if (folder.directory !== this.#folder.directory) return true;
    return this.#contents !== undefined && folderContents(folder.directory) !== this.#contents;
  }

  /** The activation that serves now, if any. */
  get activation(): Activation | undefined {
    return this.#activation;
  }

  /** Imports the plugin, unless it is in use already. Concurrent calls have one import; a failure is tried again late. */
  activate(): Promise<Activation> {
    if (this.#activation !== undefined) return Promise.resolve(this.#activation);
    this.#loading ??= this.#inTurn(() => this.#activateOnce()).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Loads the folder as it is now and takes it over; when that fails the old one stays in use. */
  reload(folder: PluginFolder): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#host.disabled.has(this.id)) throw disabled(this.id);
      const before = this.#activation;
      const stamp = manifestStamp(folder);
      const manifest = this.#examine(folder);
      checkCompatibility(this.id, manifest);
      const activation = await this.#load(folder, manifest, before !== undefined || this.#failures > 0);
      this.#folder = folder;
      this.#manifest = manifest;
      this.#manifestStamp = stamp;
      this.#use(activation);
      this.#retire(before);
    });
  }

  /** Takes it out of use; open file systems live on until they are closed. */
  unload(): Promise<void> {
    return this.#inTurn(async () => {
      this.#retire(this.#activation);
      this.#activation = undefined;
      this.#unloaded = true;
      this.#state = "disabled";
    });
  }

  /** Undoes {@link unload}. */
  enable(): void {
    if (!this.#unloaded) return;
    this.#unloaded = false;
    this.#state = this.#manifest === undefined ? "failed" : "available";
  }

  /** Its folder is gone. */
  remove(): Promise<void> {
    return this.#inTurn(async () => {
      this.#retire(this.#activation);
      this.#activation = undefined;
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      const activation = this.#activation;
      this.#activation = undefined;
      await activation?.close();
    });
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** A folder that may be half copied: tried at once when its files differ, else after 1, 2, 4 … 60 s. */
  async #activateOnce(): Promise<Activation> {
    if (this.#activation !== undefined) return this.#activation;
    if (this.#state === "disabled") throw disabled(this.id);
    if (this.#manifest === undefined) throw this.#error ?? failure(this.id, "manifest", "it has no manifest");
    if (this.#state === "failed" && this.#error !== undefined) {
      const pause = Math.min(1000 * 2 ** (this.#failures - 1), LONGEST_PAUSE);
      if (Date.now() < this.#failedAt + pause && !this.differs(this.#folder)) throw this.#error;
    }
    const activation = await this.#load(this.#folder, this.#manifest, this.#failures > 0);
    this.#use(activation);
    return activation;
  }

  async #load(folder: PluginFolder, manifest: Manifest, fresh: boolean): Promise<Activation> {
    const started = performance.now();
    const contents = folderContents(folder.directory);
    try {
      const { loader, configuration } = this.#host;
      const target = { id: this.id, directory: folder.directory, manifest, contents };
      const activation = await loader.load(target, configuration(), fresh);
      this.#loadMillis = performance.now() - started;
      this.#contents = contents;
      return activation;
    } catch (cause) {
      const error =
        cause instanceof PluginError ? cause : failure(this.id, "import", errorMessage(cause), { cause });
      if (this.#activation === undefined) {
        this.#contents = contents;
        this.#failures += 1;
        this.#failedAt = Date.now();
        this.#fail(error);
      }
      throw error;
    }
  }

  #use(activation: Activation): void {
    this.#activation = activation;
    this.#state = "active";
    this.#unloaded = false;
    this.#failures = 0;
    this.#error = activation.errors[0];
    for (const error of activation.errors) this.#report(error);
    this.#tell("loaded", { durationMs: this.#loadMillis });
  }

  #retire(activation: Activation | undefined): void {
    if (activation === undefined) return;
    this.#tell("retired");
    this.#host.retired(activation.generations);
    activation.retire().catch((error: unknown) => {
      this.#host.warn(`plugin "${this.id}": closing its factory failed: ${errorMessage(error)}`, {
        plugin: this.id,
      });
    });
  }

  #read(): void {
    const disabled = this.#unloaded || this.#host.disabled.has(this.id);
    this.#manifestStamp = manifestStamp(this.#folder);
    this.#manifest = undefined;
    try {
      this.#manifest = this.#examine(this.#folder);
      checkCompatibility(this.id, this.#manifest);
      this.#error = undefined;
      this.#failures = 0;
      this.#state = disabled ? "disabled" : "available";
    } catch (cause) {
      const error =
        cause instanceof PluginError ? cause : failure(this.id, "manifest", errorMessage(cause), { cause });
      this.#fail(error);
      if (disabled) this.#state = "disabled";
    }
  }

  #examine(folder: PluginFolder): Manifest {
    const { manifest, warnings } = examine(folder);
    for (const warning of warnings) this.#host.warn(warning);
    return manifest;
  }

  #fail(error: PluginError): void {
    this.#state = error.code === "ERR_PLUGIN_INCOMPATIBLE" ? "incompatible" : "failed";
    this.#report(error);
    if (this.#error?.message !== error.message) this.#tell("failed", { error });
    this.#error = error;
  }

  #tell(
    event: "loaded" | "failed" | "retired",
    details: { durationMs?: number | undefined; error?: PluginError } = {},
  ): void {
    tellOfPlugin({ event, id: this.id, version: this.#manifest?.version, ...details });
  }

  #report(error: PluginError): void {
    if (this.#error?.message === error.message) return;
    const { code, phase, location } = error;
    this.#host.logger.error({ plugin: this.id, code, phase, location }, error.message);
  }
}
