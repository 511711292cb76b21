import { FileSystemError } from "../../errors/errors.ts";
import type { FileSystem } from "../contract.ts";
import type { Call } from "./around.ts";
import { AroundFileSystem } from "./around-file-system.ts";

/** Everything else is refused, so that a call that is new to the contract is never let through unseen. */
const READING = new Set(["getFileStatus", "listStatus", "open", "read", "seek", "close"]);

/** Refuses with `EROFS` every call that could change something. The capabilities stay those of the store. */
export class ReadOnlyFileSystem extends AroundFileSystem {
  /** `key`: the setting that asks for this, named in the error. */
  constructor(inner: FileSystem, key: string) {
    const check = ({ operation }: Call): void => {
      if (READING.has(operation)) return;
      throw new FileSystemError({ code: "EROFS", hint: `${key} is true` });
    };
    super(inner, {
      async run(call, body) {
        check(call);
        return body();
      },
      runSync: (_call, body) => body(),
    });
  }
}
