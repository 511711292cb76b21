import { createHash } from "node:crypto";
import { crc64 } from "./crc64.ts";

/** The sums that OSS makes of bytes that come in. */
export class Digest {
  readonly #md5: ReturnType<typeof createHash> | undefined;
  #crc64 = 0n;
  #size = 0;

  /** @param withMd5 without it the ETag is opaque, and the sums cost less than half */
  constructor(withMd5: boolean) {
    this.#md5 = withMd5 ? createHash("md5") : undefined;
  }

  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): void {
    this.#md5?.update(bytes);
    this.#crc64 = crc64(bytes, this.#crc64);
    this.#size += bytes.length;
  }

  /** To be called once, after the last `update`. The ETag is upper-case hexadecimal, without quotes. */
  finish(): { readonly etag: string; readonly crc64: bigint; readonly md5: Buffer | undefined } {
    const md5 = this.#md5?.digest();
    const etag = md5?.toString("hex") ?? `${this.#crc64.toString(16)}-${this.#size}`;
    return { etag: etag.toUpperCase(), crc64: this.#crc64, md5 };
  }
}
