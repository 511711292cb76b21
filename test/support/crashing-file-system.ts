import type { FsDataInputStream, OpenOptions } from "../../core/fs/contract.ts";
import { LocalFileSystem } from "../../core/fs/local/local-file-system.ts";
import type { Path } from "../../core/fs/path.ts";
import { AroundFileSystem } from "../../core/fs/wrappers/around-file-system.ts";

/** What a process that is gone does not do either, but what frees this one's handles. */
const STILL_ALLOWED = new Set(["dispose", "abort"]);

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === "object" && value !== null && Symbol.asyncDispose in value;
}

/**
 * This machine's disk, until the process "dies": at its `step`-th call that can change something, before or after the
 * call has had its effect. From then on every call fails and changes nothing, as if there were no process any more.
 */
export class CrashingFileSystem extends AroundFileSystem {
  readonly #disk: LocalFileSystem;
  readonly #state: { steps: number; readonly log: string[]; dead: boolean };

  constructor(step: number, when: "before" | "after") {
    const state = { steps: 0, log: [] as string[], dead: false };
    const check = (operation: string) => {
      if (state.dead && !STILL_ALLOWED.has(operation)) throw new Error(`the process is dead (${operation})`);
    };
    const disk = new LocalFileSystem();
    super(disk, {
      async run(call, body) {
        check(call.operation);
        const changes = !["getFileStatus", "listStatus", "dispose", "pending"].includes(call.operation);
        if (changes) state.log.push(`${call.operation} ${call.path?.name ?? ""}`);
        const last = changes && ++state.steps === step;
        if (last && when === "before") state.dead = true;
        check(call.operation);
        try {
          const result = await body();
          // What was opened for nobody would be closed by the garbage collector, which Node forbids.
          if (last && isDisposable(result)) await result[Symbol.asyncDispose]();
          return result;
        } finally {
          if (last) state.dead = true;
          check(call.operation);
        }
      },
      runSync: (_call, body) => body(),
    });
    this.#disk = disk;
    this.#state = state;
  }

  /** Whether the step was reached. */
  get isDead(): boolean {
    return this.#state.dead;
  }

  /** The calls that could change something, in their order. */
  get log(): readonly string[] {
    return this.#state.log;
  }

  /** Reading changes nothing, and its handles have to be closed. */
  override open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    if (this.#state.dead) return Promise.reject(new Error("the process is dead (open)"));
    return this.#disk.open(path, options);
  }
}
