import type {
  Committer,
  FileStatus,
  RecoverableStream,
  RecoverableWriter,
  SignalOption,
} from "../../fs/contract.ts";
import type { Path } from "../../fs/path.ts";
import type { Link } from "./link.ts";
import type { WireCommitter, WirePending, WireRecoverableStream } from "./messages.ts";
import { remoteItems } from "./remote-items.ts";
import { RemoteBytes } from "./remote-output.ts";
import { pathFromWire, pathToWire, statusFromWire, type WireStatus } from "./wire.ts";

/** A writer in the worker. It ends with its worker; what it persisted is recovered by a new one. */
export class RemoteRecoverableWriter implements RecoverableWriter {
  readonly #link: Link;
  readonly #ref: number;

  constructor(link: Link, ref: number) {
    this.#link = link;
    this.#ref = ref;
    link.hold(this, ref);
  }

  async open(
    target: Path,
    { signal, ...rest }: SignalOption & { readonly overwrite?: boolean } = {},
  ): Promise<RecoverableStream> {
    return this.#stream("open", [pathToWire(target), rest], signal, target);
  }

  recover(recoverable: Uint8Array, { signal }: SignalOption = {}): Promise<RecoverableStream> {
    return this.#stream("recover", [recoverable], signal, undefined);
  }

  async recoverForCommit(recoverable: Uint8Array): Promise<Committer> {
    const made = await this.#link.call<WireCommitter>(this.#ref, "recoverForCommit", [recoverable]);
    return new RemoteCommitter(this.#link, made);
  }

  cleanup(recoverable: Uint8Array): Promise<boolean> {
    return this.#link.call(this.#ref, "cleanup", [recoverable]);
  }

  async *pending(prefix: Path): AsyncGenerator<{ target: Path; id: string; started: number; bytes: number }> {
    const { ref } = await this.#link.call<{ ref: number }>(this.#ref, "pending", [pathToWire(prefix)]);
    for await (const { target, ...rest } of remoteItems<WirePending>(this.#link, ref, undefined)) {
      yield { ...rest, target: pathFromWire(target) };
    }
  }

  discard(target: Path, id: string): Promise<boolean> {
    return this.#link.call(this.#ref, "discard", [pathToWire(target), id]);
  }

  async #stream(
    method: string,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    path: Path | undefined,
  ): Promise<RecoverableStream> {
    const options = { signal, opens: true };
    const opened = await this.#link.call<WireRecoverableStream>(this.#ref, method, args, options);
    return new RemoteRecoverableStream(this.#link, opened, path, signal);
  }
}

class RemoteRecoverableStream implements RecoverableStream {
  readonly id: string;
  readonly #link: Link;
  readonly #ref: number;
  readonly #bytes: RemoteBytes;

  constructor(
    link: Link,
    { ref, id, position }: WireRecoverableStream,
    path: Path | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#link = link;
    this.#ref = ref;
    this.id = id;
    this.#bytes = new RemoteBytes(link, ref, position, path, signal);
    link.hold(this, ref);
  }

  get position(): number {
    return this.#bytes.position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#bytes.write(bytes);
  }

  persist(): Promise<Uint8Array> {
    return this.#bytes.call("persist");
  }

  async closeForCommit(): Promise<Committer> {
    const made = await this.#bytes.call<WireCommitter>("closeForCommit");
    this.#link.ignoreSignal(this.#ref);
    return new RemoteCommitter(this.#link, made);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.ignoreSignal(this.#ref);
    if (this.#link.alive) await this.#link.call(this.#ref, "dispose", []);
  }
}

class RemoteCommitter implements Committer {
  readonly recoverable: Uint8Array;
  readonly #link: Link;
  readonly #ref: number;

  constructor(link: Link, { ref, recoverable }: WireCommitter) {
    this.#link = link;
    this.#ref = ref;
    this.recoverable = recoverable;
    link.hold(this, ref);
  }

  commit(): Promise<FileStatus> {
    return this.#commit("commit");
  }

  commitAfterRecovery(): Promise<FileStatus> {
    return this.#commit("commitAfterRecovery");
  }

  async #commit(method: string): Promise<FileStatus> {
    return statusFromWire(await this.#link.call<WireStatus>(this.#ref, method, []));
  }
}
