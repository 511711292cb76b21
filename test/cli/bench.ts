/**
 * The command beside a plain loop over ali-oss, against the OSS server on a disk of this machine: seconds, rate and peak
 * memory of many small files and of one large one. Not a test; takes minutes.
 *
 *   node scripts/setup.mjs && node --conditions=plugfs-source --import tsx test/cli/bench.ts --files 10000 --gib 4
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatBytes, table } from "../../core/cli/printable.ts";
import { ossHome } from "./oss-home.ts";

const { values } = parseArgs({
  options: { files: { type: "string", default: "10000" }, gib: { type: "string", default: "4" } },
});
const files = Number(values.files);
const gib = Number(values.gib);
const SMALL = 1000;

const main = fileURLToPath(new URL("../../dist/core/cli/main.js", import.meta.url));
const plain = fileURLToPath(new URL("plain-ali-oss.mjs", import.meta.url));
const REPORT = `data:text/javascript,process.on("exit",()=>process.stderr.write("PEAK "+process.resourceUsage().maxRSS+"\\n"))`;

await using home = await ossHome({ data: true });
const rows = [["what", "seconds", "a second", "peak memory"]];

async function measure(
  what: string,
  bytes: number,
  count: number,
  script: string,
  ...args: string[]
): Promise<void> {
  const started = performance.now();
  const child = spawn(process.execPath, ["--import", REPORT, script, ...args], {
    cwd: home.work,
    stdio: ["ignore", "inherit", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${what} failed: ${stderr}`);
  const seconds = (performance.now() - started) / 1000;
  const rate = count > 1 ? `${Math.round(count / seconds)} files` : formatBytes(bytes / seconds);
  const peak = Math.max(...[...stderr.matchAll(/PEAK (\d+)/g)].map(([, kib]) => Number(kib) * 1024));
  rows.push([what, seconds.toFixed(1), rate, formatBytes(peak)]);
}

const { endpoint, accessKeyId, accessKeySecret } = home.server;
const account = [endpoint, accessKeyId, accessKeySecret];
const both = async (what: string, bytes: number, count: number, own: string[], loop: string[]) => {
  await measure(`plugfs ${what}`, bytes, count, main, ...own);
  await measure(`ali-oss, ${what}`, bytes, count, plain, ...account, ...loop);
};

for (let folder = 0; folder < 100; folder++)
  await mkdir(join(home.work, `small/d${folder}`), { recursive: true });
for (let i = 0; i < files; i++) {
  await writeFile(join(home.work, `small/d${i % 100}/f${i}`), Buffer.alloc(SMALL, i));
}
await both(
  `upload of ${files} files`,
  files * SMALL,
  files,
  ["cp", "-r", "small", "oss://demo/small"],
  ["put", "small"],
);
await both(
  `download of ${files} files`,
  files * SMALL,
  files,
  ["cp", "-r", "oss://demo/small", "back"],
  ["get", "small"],
);
await measure(
  `plugfs sync of ${files} files, nothing to do`,
  0,
  files,
  main,
  "sync",
  "small",
  "oss://demo/small",
);
await measure(`plugfs rm -r of ${files} files`, 0, files, main, "rm", "-r", "--yes", "oss://demo/small");

{
  await using large = await open(join(home.work, "large"), "w");
  await large.truncate(gib * 2 ** 30);
}
const bytes = gib * 2 ** 30;
await both(`upload of ${gib} GiB`, bytes, 1, ["cp", "large", "oss://demo/large"], ["put-large", "large"]);
await both(
  `download of ${gib} GiB`,
  bytes,
  1,
  ["cp", "oss://demo/large", "large.back"],
  ["get-large", "large"],
);
console.log(table(rows).join("\n"));
