/**
 * `npm run bench [-- word …] [--quick] [--json FILE]`: plugfs against what people would use instead, in one run: same
 * server process, same bytes, tools in turn, every sample in a process of its own, medians.
 *
 * Shapes of the server: A no limits; B 20 ms to the first byte; C the same and 50 MB/s per connection, like OSS.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { BENCHES, type Bench, type Row, SHAPES } from "./benches.ts";
import { prepare } from "./prepare.ts";
import { sample, startServer } from "./run.ts";
import { type Figures, figures, printTable } from "./table.ts";
import type { Sample } from "./task.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, json: { type: "string" } },
});
const scale = values.quick ? 1 / 8 : 1;
const runs = values.quick ? 3 : 5;
const pluginsDir = fileURLToPath(new URL("../../opt", import.meta.url));
const chosen = BENCHES.filter(
  ({ name }) => positionals.length === 0 || positionals.includes(name.split(" ")[0] ?? ""),
);
if (chosen.length === 0) {
  console.error(
    `There is no such bench; there are: ${[...new Set(BENCHES.map(({ name }) => name))].join(", ")}`,
  );
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "plugfs-bench-"));
const all: (Figures & { bench: string; shape: string })[] = [];
try {
  for (const bench of chosen) {
    const rows = await measure(bench);
    printTable(bench, rows);
    all.push(...rows.map((row) => ({ bench: bench.name, shape: bench.shape, ...row })));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(all, null, 2)}\n`);

async function measure(bench: Bench): Promise<Figures[]> {
  const data = join(folder, "data");
  const local = join(folder, "text");
  const samples = new Map<Row, Sample[]>(bench.rows.map((row) => [row, []]));
  {
    await using seeding = await startServer({}, data);
    await prepare(bench, { endpoint: seeding.endpoint, pluginsDir, scale, local });
  }
  await using server = await startServer(SHAPES[bench.shape], data);
  for (let round = 0; round < runs; round++) {
    // Reversed every second round: what runs first must not always be the same.
    for (const row of round % 2 === 0 ? bench.rows : bench.rows.toReversed()) {
      if (round >= (row.runs ?? runs)) continue;
      if (bench.objects?.again) await prepare(bench, { endpoint: server.endpoint, pluginsDir, scale, local });
      const { operation, key, size = 0, count = 0, concurrency = 1 } = bench.work;
      const taken = await sample(
        {
          tool: row.tool,
          operation: row.operation ?? operation,
          endpoint: server.endpoint,
          bucket: "bench",
          key: key === "file:" ? pathToFileURL(local).href : key,
          size: bench.unit === "bytes" ? size * scale : size,
          count,
          concurrency,
          ...(row.fixed && { fixed: row.fixed }),
        },
        pluginsDir,
      );
      samples.get(row)?.push(taken);
    }
  }
  return bench.rows.map((row) => figures(row.name, samples.get(row) ?? []));
}
