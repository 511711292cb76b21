import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startOssServer } from "../oss-server/server.ts";
import { writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { command } from "./plugfs.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The folder that the examples of core/cli/README.md start from. */
const FILES = {
  "site/index.html": `<!doctype html>\n<title>Demo</title>\n${"<p>Hello, OSS</p>\n".repeat(100)}`,
  "site/css/style.css": "body { font: 16px sans-serif }\n",
  "site/img/logo.png": "\u0089PNG".repeat(5000),
};

export interface Console extends AsyncDisposable {
  /** What a line of a shell prints, with the names of this machine replaced. */
  run(line: string): Promise<string>;
}

/** A shell in an application that installed plugfs, with a bucket `oss://demo` that is configured and not yet enabled. */
export async function openConsole(environment: Record<string, string> = {}): Promise<Console> {
  const server = await startOssServer({ buckets: ["demo"] });
  const folder = await temporaryFolder();
  const app = join(folder.path, "app");
  const bin = join(folder.path, "bin");
  await writeFiles(app, {
    ...FILES,
    "conf/config.yaml": [
      `fs.oss.endpoint: ${server.endpoint}`,
      `fs.oss.accessKeyId: ${server.accessKeyId}`,
      `fs.oss.accessKeySecret: ${server.accessKeySecret}\n`,
    ].join("\n"),
  });
  await mkdir(join(app, "plugins"));
  await mkdir(bin);
  const words = [process.execPath, ...command].map((word) => `'${word}'`).join(" ");
  await writeFile(join(bin, "plugfs"), `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(join(bin, "plugfs"), 0o755);
  const env = { HOME: folder.path, TZ: "UTC", ...environment, PATH: `${bin}:${process.env.PATH}` };
  return {
    run: (line) =>
      new Promise((resolve) => {
        execFile("sh", ["-c", `exec 2>&1; ${line}`], { cwd: app, env }, (_error, printed) => {
          resolve(
            printed
              .replaceAll(app, "/home/me/app")
              .replaceAll(repository, "/home/me/app/node_modules/plugfs")
              .replaceAll(server.endpoint, "http://127.0.0.1:19000")
              .trimEnd(),
          );
        });
      }),
    async [Symbol.asyncDispose]() {
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The commands of a console block, each with the lines printed after it. */
export function commandsOf(text: string): { readonly line: string; readonly printed: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [line = "", ...printed] = part.trimEnd().split("\n");
      return { line, printed: printed.join("\n") };
    });
}
