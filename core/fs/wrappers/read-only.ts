import { FileSystemError } from "../../errors/errors.ts";
import type { FileSystem } from "../contract.ts";
import { changes, isPosixName, type PosixCalls, type PosixName } from "../posix.ts";
import { AroundFileSystem } from "./around-file-system.ts";

/** Everything else is refused, so that a call that is new to the contract is never let through unseen. */
const READING = new Set(["getFileStatus", "listStatus", "open", "read", "seek", "close", "watch"]);

/** Refuses with `EROFS` every call that could change something. The capabilities stay those of the store. */
export class ReadOnlyFileSystem extends AroundFileSystem {
  readonly #refusal: () => FileSystemError;

  /** `key`: the setting that asks for this, named in the error. */
  constructor(inner: FileSystem, key: string) {
    const refusal = () => new FileSystemError({ code: "EROFS", hint: `${key} is true` });
    super(inner, {
      async run({ operation }, body) {
        if (!READING.has(operation) && !isPosixName(operation)) throw refusal();
        return body();
      },
      runSync: (_call, body) => body(),
    });
    this.#refusal = refusal;
  }

  /** Of some of these the arguments decide. */
  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    if (changes(name, call)) return Promise.reject(this.#refusal()) as ReturnType<PosixCalls[K]>;
    return super.posixCall(name, call);
  }
}
