import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Environment, type EnvironmentOptions, type Logger } from "plugfs";
import { type OssServer, type OssServerOptions, startOssServer } from "../oss-server/server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const ossPlugin = fileURLToPath(new URL("../../opt/oss-fs", import.meta.url));

export interface OssHome extends AsyncDisposable {
  readonly path: string;
  readonly server: OssServer;
  /** Warnings and errors of every environment that `open` made. */
  readonly warnings: string[];
  open(options?: EnvironmentOptions): Promise<Environment>;
}

/** An OSS server with the bucket `demo`, and a home whose `plugins/` holds a copy of oss-fs as built. */
export async function ossHome(
  options: OssServerOptions = {},
  configuration: Record<string, string> = {},
): Promise<OssHome> {
  const server = await startOssServer({ buckets: ["demo"], ...options });
  const folder = await temporaryFolder();
  const { path } = folder;
  const opened: Environment[] = [];
  const values = {
    "fs.oss.endpoint": server.endpoint,
    "fs.oss.accessKeyId": server.accessKeyId,
    "fs.oss.accessKeySecret": server.accessKeySecret,
    ...configuration,
  };
  await mkdir(join(path, "conf"));
  await writeFile(
    join(path, "conf", "flink-conf.yaml"),
    Object.entries(values)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(""),
  );
  await cp(ossPlugin, join(path, "plugins", "oss-fs"), {
    recursive: true,
    filter: (source) => !/[\\/](src|node_modules)$/.test(source),
  });
  const warnings: string[] = [];
  return {
    path,
    server,
    warnings,
    async open(options = {}) {
      const env = await Environment.open({ home: path, logger: collecting(warnings), ...options });
      opened.push(env);
      return env;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((env) => env.close()));
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export function collecting(messages: string[]): Logger {
  const ignore = () => {};
  const keep = (_fields: object, message: string) => messages.push(message);
  return { debug: ignore, info: ignore, warn: keep, error: keep };
}
