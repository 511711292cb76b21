import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A home in a temporary folder, made by the steps that a user takes: write `conf/flink-conf.yaml`, make
 * `plugins/`, copy `opt/oss-fs` into it. Goes with its scope.
 */
export async function makeHome(options: {
  pluginSource: string;
  endpoint: string;
  accessKeyId: string;
  accessKeySecret: string;
}): Promise<{ path: string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "plugfs-start-")));
  // A crash does not reach the end of the scope.
  const removeAtExit = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  const home = {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      process.removeListener("exit", removeAtExit);
    },
  };
  try {
    await mkdir(join(path, "conf"));
    await writeFile(
      join(path, "conf", "flink-conf.yaml"),
      [
        `fs.oss.endpoint: ${options.endpoint}`,
        `fs.oss.accessKeyId: ${options.accessKeyId}`,
        `fs.oss.accessKeySecret: ${options.accessKeySecret}`,
        "",
      ].join("\n"),
      { mode: 0o600 },
    );
    await mkdir(join(path, "plugins"));
    await cp(options.pluginSource, join(path, "plugins", "oss-fs"), {
      recursive: true,
      filter: (source) => !/[\\/](src|test|node_modules)$/.test(source),
    });
    return home;
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}
