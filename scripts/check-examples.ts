/**
 * Proves the example hosts as strangers would run them: `npm pack`, then each folder of test/examples copied out of the
 * repository, installed with the tarball, and its own tests run: by `npm test` where it has that, else by plain
 * `node --test`. Needs the npm registry.
 *
 * `npm run check-examples -- gateway` checks only those whose names are given. The gateway's load is on an OSS server that
 * fails now and then; with `PLUGFS_SOAK=1` it is 60 s on 200 connections.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Fault, type OssServer, startOssServer } from "../test/oss-server/server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = join(root, "test/examples");

const args = process.argv.slice(2);

/** Answers late, not at all, half, or with what is wrong: one request in 50. */
function addFaults(server: OssServer): void {
  const probability = 0.02;
  const store: [Fault, ...Fault[]] = [
    { kind: "throttle" },
    { kind: "status", status: 500, code: "InternalError" },
    { kind: "delay", ms: 200 },
    { kind: "reset-before-headers" },
    { kind: "answer-lost" },
  ];
  server.faults.random({ seed: 1, probability, faults: store });
  server.faults.random({
    ...{ seed: 2, probability, operation: "GetObject" },
    faults: [{ kind: "reset-mid-body" }, { kind: "cut-body" }],
  });
  // Of a part of an object nobody knows the checksum; the others are read whole.
  server.faults.random({
    ...{ seed: 3, probability, operation: "GetObject", where: ({ key }) => !key.endsWith("/parts") },
    faults: [{ kind: "corrupt" }],
  });
  server.faults.random({
    ...{ seed: 4, probability, operation: "PutObject" },
    faults: [{ kind: "reset-upload" }, { kind: "corrupt-upload" }],
  });
}

async function run(cwd: string, command: string, ...args: string[]): Promise<void> {
  console.log(`$ ${[command, ...args].join(" ")}`);
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ${args[0]} failed: ${signal ?? `exit code ${code}`}`);
}

await using server = await startOssServer({ buckets: ["demo"], idleTimeout: 1000 });
addFaults(server);
const env = {
  ...process.env,
  OSS_ENDPOINT: server.endpoint,
  OSS_ACCESS_KEY_ID: server.accessKeyId,
  OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
  OSS_BUCKET: "demo",
};
const folder = await realpath(await mkdtemp(join(tmpdir(), "plugfs-examples-")));
try {
  await run(root, "npm", "pack", "--loglevel=warn", "--pack-destination", folder);
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  const names = await readdir(examples);
  for (const name of args.length > 0 ? args : names) {
    const example = join(folder, name);
    await mkdir(example);
    await cp(join(examples, name), example, { recursive: true });
    await run(
      example,
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      "--no-package-lock",
      join(folder, tarball),
    );
    const { scripts } = JSON.parse(await readFile(join(example, "package.json"), "utf8"));
    if (scripts?.test === undefined) await run(example, process.execPath, "--test");
    else await run(example, "npm", "test");
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
