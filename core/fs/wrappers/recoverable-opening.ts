import type { Committer, RecoverableStream, RecoverableWriter, SignalOption } from "../contract.ts";
import type { Path } from "../path.ts";
import type { Call } from "./around.ts";

/** Opens one stream of a recoverable writer, and gives out what the wrapper makes of it. */
export type OpenRecoverable = (
  call: Call,
  open: () => Promise<RecoverableStream>,
) => Promise<RecoverableStream>;

/** Forwards everything; a wrapper that is about streams sees them being opened. */
export class RecoverableOpening implements RecoverableWriter {
  readonly #inner: RecoverableWriter;
  readonly #open: OpenRecoverable;

  constructor(inner: RecoverableWriter, open: OpenRecoverable) {
    this.#inner = inner;
    this.#open = open;
  }

  open(target: Path, options?: SignalOption & { readonly overwrite?: boolean }): Promise<RecoverableStream> {
    const call = { operation: "open", path: target, signal: options?.signal };
    return this.#open(call, () => this.#inner.open(target, options));
  }

  recover(recoverable: Uint8Array, options?: SignalOption): Promise<RecoverableStream> {
    const call = { operation: "recover", signal: options?.signal };
    return this.#open(call, () => this.#inner.recover(recoverable, options));
  }

  recoverForCommit(recoverable: Uint8Array): Promise<Committer> {
    return this.#inner.recoverForCommit(recoverable);
  }

  cleanup(recoverable: Uint8Array): Promise<boolean> {
    return this.#inner.cleanup(recoverable);
  }

  pending(prefix: Path): ReturnType<RecoverableWriter["pending"]> {
    return this.#inner.pending(prefix);
  }

  discard(target: Path, id: string): Promise<boolean> {
    return this.#inner.discard(target, id);
  }
}
