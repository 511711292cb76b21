import { errorCode } from "../errors/errors.ts";
import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import { readAll } from "./read-all.ts";

/** Small files with names of their own beside an owner's checkpoints. Each appears whole. */
export class Records {
  readonly #fileSystem: FileSystem;
  readonly #directory: Path;
  readonly #prefix: string;

  /** `prefix` keeps owners apart that share a directory. */
  constructor(fileSystem: FileSystem, directory: Path, prefix: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#prefix = prefix;
  }

  async names(signal?: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { path, kind } of this.#fileSystem.listStatus(this.#directory, { signal })) {
        if (kind === "file" && path.name.startsWith(this.#prefix)) {
          names.push(path.name.slice(this.#prefix.length));
        }
      }
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
    return names;
  }

  async has(name: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#fileSystem.getFileStatus(this.#path(name), { signal });
      return true;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return false;
      throw error;
    }
  }

  async read(name: string, signal?: AbortSignal): Promise<Buffer | undefined> {
    try {
      return await readAll(this.#fileSystem, this.#path(name), signal);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Resolves to false, and changes nothing, when it is there already and may not be replaced. */
  async write(
    name: string,
    bytes: Uint8Array,
    options: { readonly overwrite?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<boolean> {
    try {
      const stream = await this.#fileSystem.create(this.#path(name), options);
      try {
        await stream.write(bytes);
        await stream.close();
      } catch (error) {
        await stream.abort(error);
        throw error;
      }
      return true;
    } catch (error) {
      if (errorCode(error) === "EEXIST" && options.overwrite !== true) return false;
      throw error;
    }
  }

  delete(name: string): Promise<boolean> {
    return this.#fileSystem.delete(this.#path(name));
  }

  #path(name: string): Path {
    return this.#directory.child(this.#prefix + name);
  }
}
