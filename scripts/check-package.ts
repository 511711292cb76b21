/**
 * Proves the package as a stranger gets it: `npm pack`, installed into an empty folder outside the repository, oss-fs copied
 * into plugins/ as the README says, then test/package/use.ts compiled (strict, skipLibCheck off) and run under plain Node.js
 * against an OSS server of this process.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startOssServer } from "../test/oss-server/server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
async function checkPackage(): Promise<void> {
  const tarballs = join(folder, "tarballs");
  const app = join(folder, "an app");
  await mkdir(tarballs);
  await mkdir(join(app, "plugins"), { recursive: true });
  await mkdir(join(app, "conf"));

  await run(root, "npm", "pack", "--loglevel=warn", "--pack-destination", tarballs);
  const [tarball = ""] = await readdir(tarballs);

  await writeFile(join(app, "package.json"), '{ "name": "app", "private": true, "type": "module" }\n');
  await run(app, "npm", "install", "--no-audit", "--no-fund", join(tarballs, tarball), NODE_TYPES);

  await cp(join(app, "node_modules/plugfs/opt/oss-fs"), join(app, "plugins/oss-fs"), { recursive: true });
  await copyFile(join(root, "test/package/use.ts"), join(app, "use.ts"));
  await writeFile(join(app, "tsconfig.json"), JSON.stringify(CONSUMER));
  await run(app, process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", ".");

  const credentials = { accessKeyId: "package", accessKeySecret: "only-in-this-check" };
  await using server = await startOssServer({ buckets: ["demo"], ...credentials });
  await writeFile(
    join(app, "conf/flink-conf.yaml"),
    [
      `fs.oss.endpoint: ${server.endpoint}`,
      `fs.oss.accessKeyId: ${credentials.accessKeyId}`,
      `fs.oss.accessKeySecret: ${credentials.accessKeySecret}\n`,
    ].join("\n"),
  );
  await run(app, process.execPath, "use.js");
}

/** 20.19.0, which the repository compiles against, does not pass its own check under `exactOptionalPropertyTypes`. */
const NODE_TYPES = "@types/node@20.19.43";

/** A consumer's compiler with every check on, also of the declarations that plugfs ships. */
const CONSUMER = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023", "esnext.disposable"],
    module: "nodenext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
  },
  files: ["use.ts"],
};

async function run(cwd: string, command: string, ...args: string[]): Promise<void> {
  console.log(`$ ${[command, ...args].join(" ")}`);
  const child = spawn(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ${args[0]} failed: ${signal ?? `exit code ${code}`}`);
}

const folder = await realpath(await mkdtemp(join(tmpdir(), "plugfs-package-")));
try {
  await checkPackage();
} finally {
  await rm(folder, { recursive: true, force: true });
}
