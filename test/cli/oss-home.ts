import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OssServer, startOssServer } from "../oss-server/server.ts";
import { writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

export interface OssHome extends AsyncDisposable {
  /** A home with oss-fs, configured for the server; the folder `work` in it is empty. */
  readonly path: string;
  readonly work: string;
  readonly server: OssServer;
}

/** A home whose `oss://demo` is a bucket of a server of its own, in memory or, with `data`, on the disk. */
export async function ossHome(options: { readonly data?: boolean } = {}): Promise<OssHome> {
  const folder = await temporaryFolder();
  const data = options.data === true ? { data: join(folder.path, "data") } : {};
  const server = await startOssServer({ buckets: ["demo"], ...data });
  await writeFiles(folder.path, {
    "conf/config.yaml": [
      `fs.oss.endpoint: ${server.endpoint}`,
      `fs.oss.accessKeyId: ${server.accessKeyId}`,
      `fs.oss.accessKeySecret: ${server.accessKeySecret}\n`,
    ].join("\n"),
    "plugins/README.md": "",
  });
  const plugin = fileURLToPath(new URL("../../opt/oss-fs", import.meta.url));
  await symlink(plugin, join(folder.path, "plugins/oss-fs"));
  await mkdir(join(folder.path, "work"));
  return {
    path: folder.path,
    work: join(folder.path, "work"),
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
