import { OssError } from "./errors.ts";

/** One access key; with a security token it is a temporary one, as STS gives out. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
  /** Milliseconds since 1970 at which the token stops counting. */
  readonly expires?: number;
}

/** The access keys that the server knows. */
export class Credentials {
  readonly #keys = new Map<string, AccessKey>();

  add(key: AccessKey): void {
    this.#keys.set(key.accessKeyId, key);
  }

  remove(accessKeyId: string): void {
    this.#keys.delete(accessKeyId);
  }

  /** @throws OssError when the key is unknown, or its token wrong, missing or expired */
  secretOf(accessKeyId: string, token: string | undefined, now: number): string {
    const key = this.#keys.get(accessKeyId);
    if (key === undefined || (key.securityToken !== undefined && token === undefined)) {
      throw new OssError(
        403,
        "InvalidAccessKeyId",
        "The OSS Access Key Id you provided does not exist in our records.",
        {
          OSSAccessKeyId: accessKeyId,
        },
      );
    }
    if (key.securityToken !== token) {
      throw new OssError(403, "InvalidSecurityToken", "The security token you provided is invalid.");
    }
    if (key.expires !== undefined && key.expires <= now) {
      throw new OssError(403, "SecurityTokenExpired", "The security token you provided has expired.");
    }
    return key.accessKeySecret;
  }
}
