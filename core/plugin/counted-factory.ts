import type { FileSystem, FileSystemContext, FileSystemFactory } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";

/** Counts the file systems that are open, so that a retired factory is closed after the last of them. */
export class CountedFactory implements FileSystemFactory {
  readonly scheme: string;
  readonly #factory: FileSystemFactory;
  #open = 0;
  #whenIdle: (() => void)[] = [];

  constructor(factory: FileSystemFactory) {
    this.#factory = factory;
    this.scheme = factory.scheme;
  }

  async create(root: Path, context: FileSystemContext): Promise<FileSystem> {
    this.#open += 1;
    try {
      const fileSystem = await this.#factory.create(root, context);
      this.#observe(fileSystem);
      return fileSystem;
    } catch (error) {
      this.#ended();
      throw error;
    }
  }

  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  async close(): Promise<void> {
    for (const resolve of this.#whenIdle.splice(0)) resolve();
    await this.#factory.close?.();
  }

  #observe(fileSystem: FileSystem): void {
    // What is no file system the registry refuses; one that cannot be watched does not hold the factory.
    if (typeof fileSystem?.close !== "function" || !Object.isExtensible(fileSystem)) {
      this.#ended();
      return;
    }
    const close = fileSystem.close.bind(fileSystem);
    let ended = false;
    fileSystem.close = async () => {
      try {
        await close();
      } finally {
        if (!ended) this.#ended();
        ended = true;
      }
    };
  }

  #ended(): void {
    this.#open -= 1;
    if (this.#open === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
