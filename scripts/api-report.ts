/**
 * `npm run api-report`: compares what the front doors declare, as tsc wrote it, with the committed copies in test/api/. A
 * change of the API is then seen in review. `-- --write` takes it over.
 *
 * A report holds the declarations of every module that a front door leads to, without comments and private members. Until plugfs is
 * published it is a preview: a difference asks for a look, not for a major version.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const core = join(root, "dist/core");
const DOORS = { plugfs: "index.d.ts", "plugfs-testing": "testing/index.d.ts" };
const write = process.argv.includes("--write");

for (const [name, door] of Object.entries(DOORS)) {
  const file = join(root, "test/api", `${name}.d.ts.txt`);
  const now = await report(join(core, door));
  const then = await readFile(file, "utf8").catch(() => "");
  if (now === then) continue;
  if (write) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, now);
    console.log(`wrote ${relative(root, file)}`);
    continue;
  }
  process.exitCode = 1;
  console.error(`The API of ${name} differs from ${relative(root, file)}:`);
  for (const line of differences(then.split("\n"), now.split("\n"))) console.error(`  ${line}`);
  console.error("Is it meant? Then run: npm run api-report -- --write");
}

/** The front door and every module that its declarations lead to: a class also has what its base declares. */
async function report(door: string): Promise<string> {
  const found = new Set([door]);
  for (const file of found) {
    const text = await readFile(file, "utf8");
    for (const [, path = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g)) {
      found.add(join(dirname(file), `${path}.d.ts`));
    }
  }
  const [first = door, ...others] = found;
  const sections = await Promise.all([first, ...others.sort()].map(section));
  return sections.join("\n");
}

async function section(file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  const bare = text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/^\s*(#private|private .*);$/gm, "")
    .replace(/^\s*\n/gm, "");
  return `// ${relative(core, file)}\n${bare.trimEnd()}\n`;
}

/** Lines that only one side has: enough to see what changed. */
function differences(then: readonly string[], now: readonly string[]): string[] {
  const before = new Set(then);
  const after = new Set(now);
  return [
    ...then.filter((line) => !after.has(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !before.has(line)).map((line) => `+ ${line}`),
  ];
}
