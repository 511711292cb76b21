import type { Credentials } from "./credentials.ts";
import { OssError } from "./errors.ts";
import type { OssRequest, Target } from "./request.ts";
import { claimFromHeaderV1, claimFromUrlV1 } from "./signature-v1.ts";
import { claimFromHeaderV4, claimFromUrlV4 } from "./signature-v4.ts";

/** What a signed request says of itself, in any of the four forms of a signature. */
export interface Claim {
  readonly accessKeyId: string;
  readonly signature: string;
  /** An STS security token. */
  readonly token: string | undefined;
  /** @throws OssError for a date that is missing, too far off, or an expired URL */
  checkTime(now: number): void;
  /** The texts whose signature proves the claim for that target; the first one is OSS's own. */
  stringsToSign(target: Target): string[];
  sign(secret: string, stringToSign: string): string;
}

export interface Authentication {
  readonly target: Target;
  /** Undefined: anonymous. */
  readonly accessKeyId: string | undefined;
}

/** What the signature check needs to know of the server. */
export interface Authority {
  readonly credentials: Credentials;
  readonly region: string;
  readonly now: number;
}

/** @throws OssError when the request bears a signature that does not prove anything */
export function authenticate(request: OssRequest, authority: Authority): Authentication {
  const claim = claimOf(request, authority.region);
  if (claim === undefined) return { target: request.targets[0], accessKeyId: undefined };
  const { accessKeyId } = claim;
  const secret = authority.credentials.secretOf(accessKeyId, claim.token, authority.now);
  claim.checkTime(authority.now);
  for (const target of request.targets) {
    const isRight = (text: string) => claim.sign(secret, text) === claim.signature;
    if (claim.stringsToSign(target).some(isRight)) return { target, accessKeyId };
  }
  const stringToSign = claim.stringsToSign(request.targets[0])[0] ?? "";
  throw new OssError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    {
      OSSAccessKeyId: accessKeyId,
      SignatureProvided: claim.signature,
      StringToSign: stringToSign,
      StringToSignBytes: [...Buffer.from(stringToSign)]
        .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
        .join(" "),
    },
  );
}

function claimOf(request: OssRequest, region: string): Claim | undefined {
  const authorization = request.headers.get("authorization");
  if (authorization?.startsWith("OSS4-HMAC-SHA256")) return claimFromHeaderV4(request, authorization, region);
  if (authorization !== undefined) return claimFromHeaderV1(request, authorization);
  if (request.query.has("x-oss-signature")) return claimFromUrlV4(request, region);
  if (request.query.has("Signature") || request.query.has("OSSAccessKeyId")) return claimFromUrlV1(request);
  return undefined;
}
