import { createHash } from "node:crypto";
import { crc64 } from "./crc64.ts";

/** A CRC-64/XZ that grows with its bytes. */
export interface RunningCrc64 {
  update(bytes: Uint8Array): unknown;
  readonly value: bigint;
}

/** The server's own. */
export class OwnCrc64 implements RunningCrc64 {
  value = 0n;

  update(bytes: Uint8Array): void {
    this.value = crc64(bytes, this.value);
  }
}

/** The sums that OSS makes of bytes that come in. */
export class Digest {
  readonly #md5: ReturnType<typeof createHash> | undefined;
  readonly #crc64: RunningCrc64;
  #size = 0;

  /** @param withMd5 without it the ETag is opaque, and the sums cost less than half */
  constructor(withMd5: boolean, crc64: RunningCrc64) {
    this.#md5 = withMd5 ? createHash("md5") : undefined;
    this.#crc64 = crc64;
  }

  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): void {
    this.#md5?.update(bytes);
    this.#crc64.update(bytes);
    this.#size += bytes.length;
  }

  /** To be called once, after the last `update`. The ETag is upper-case hexadecimal, without quotes. */
  finish(): { readonly etag: string; readonly crc64: bigint; readonly md5: Buffer | undefined } {
    const md5 = this.#md5?.digest();
    const crc64 = this.#crc64.value;
    const etag = md5?.toString("hex") ?? `${crc64.toString(16)}-${this.#size}`;
    return { etag: etag.toUpperCase(), crc64, md5 };
  }
}
