import { OssError } from "./errors.ts";

const GREATEST_SKEW = 15 * 60 * 1000;

/** @throws OssError RequestTimeTooSkewed when a request was signed more than 15 minutes before or after now */
export function checkSkew(time: number, now: number): void {
  if (Math.abs(time - now) <= GREATEST_SKEW) return;
  throw new OssError(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    {
      RequestTime: new Date(time).toISOString(),
      ServerTime: new Date(now).toISOString(),
      MaxAllowedSkewMilliseconds: String(GREATEST_SKEW),
    },
  );
}
