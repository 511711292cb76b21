import { CREDENTIALS, type Setup } from "../task.ts";

/** The default configuration, but for what the setup fixes. */
export function plugfsConfiguration({
  endpoint,
  fixed,
  configuration,
}: Setup): Record<string, string | number> {
  return {
    "fs.oss.endpoint": endpoint,
    "fs.oss.accessKeyId": CREDENTIALS.accessKeyId,
    "fs.oss.accessKeySecret": CREDENTIALS.accessKeySecret,
    ...(fixed && {
      "fs.oss.multipart.download.size": fixed.part,
      "fs.oss.multipart.download.ahead.part.max.number": fixed.parts,
      "fs.oss.multipart.upload.size": fixed.part,
      "fs.oss.upload.active.blocks": fixed.parts,
    }),
    ...configuration,
  };
}
