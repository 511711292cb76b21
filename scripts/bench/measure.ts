import type { Bench, Row } from "./bench.ts";
import { figuresOf, type Result } from "./figures.ts";
import type { Place } from "./place.ts";
import type { ClientProcess } from "./processes.ts";
import { prove, writtenBy } from "./prove.ts";
import type { Sample, Task } from "./task.ts";

/**
 * All rows of a bench: a process for each, warmed by a smaller run of its own, then round after round in turn. Every run
 * is verified, outside the clock.
 */
export async function measure(bench: Bench, place: Place, rounds: number | undefined): Promise<Result> {
  const { name, shape, unit, rows, needs } = bench;
  await place.prepare(needs, shape);
  await place.shape(shape);
  const clients = new Map<Row, ClientProcess>();
  const samples = new Map<Row, Sample[]>(rows.map((row) => [row, []]));
  try {
    for (const row of rows) {
      const client = await place.client(shape, row, `${name} ${shape}, ${row.name}`);
      clients.set(row, client);
      if (bench.warm !== undefined)
        await client.run(taskOf(bench, row, place, { ...bench.warm, ...row.warm }));
    }
    const runs = Math.min(bench.runs ?? 5, rounds ?? Number.POSITIVE_INFINITY);
    for (let round = 0; round < runs; round++) {
      // Reversed every second round: what runs first must not always be the same.
      for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
        if (round >= (row.runs ?? runs)) continue;
        samples.get(row)?.push(await measureOnce(bench, row, clients.get(row) as ClientProcess, place));
      }
    }
  } finally {
    for (const client of clients.values()) await client[Symbol.asyncDispose]();
    for (const row of rows) await forget(bench, row, place);
  }
  checkAlike(bench, samples);
  return { name, shape, unit, rows: rows.map((row) => figuresOf(row, samples.get(row) ?? [])) };
}

async function measureOnce(bench: Bench, row: Row, client: ClientProcess, place: Place): Promise<Sample> {
  const task = taskOf(bench, row, place);
  await place.prepare(bench.needs, bench.shape);
  await place.traffic(bench.shape);
  const taken = await client.run(task);
  const sample = bench.traffic ? await withTraffic(taken, task, bench, place) : taken;
  await prove(bench, task, taken, place);
  return sample;
}

/** Frees what the row has left on the server. */
async function forget({ task, shape }: Bench, row: Row, place: Place): Promise<void> {
  const written = writtenBy({ ...task, ...row.task });
  if (written !== undefined) await place.clear(shape, written);
}

/** What a row says goes over what its bench says. */
function taskOf({ task, unit }: Bench, row: Row, place: Place, warm: Partial<Task> = {}): Task {
  const { target, ...whole } = { size: 0, count: 0, concurrency: 1, ...task, ...row.task, ...warm };
  return {
    ...whole,
    key: place.key(whole.key),
    ...(target !== undefined && { target: place.key(target) }),
    size: unit === "bytes" ? place.scaled(whole.size) : whole.size,
    count: whole.operation === "job" ? whole.count : place.scaled(whole.count),
  };
}

async function withTraffic(
  taken: Sample,
  { size, count }: Task,
  { shape, unit }: Bench,
  place: Place,
): Promise<Sample> {
  const { requests, bytesOut } = await place.traffic(shape);
  const asked = unit === "bytes" ? size : unit === "reads" ? size * count : undefined;
  const moved = asked === undefined ? {} : { "sent ÷ asked": bytesOut / asked };
  return { ...taken, extra: { ...taken.extra, requests, ...moved } };
}

/** Every tool that went through as many lines or keys found the same in them; of lines all found as many. */
function checkAlike({ name, shape, unit }: Bench, samples: ReadonlyMap<Row, readonly Sample[]>): void {
  const checks = new Map<number, number>();
  for (const [row, taken] of samples) {
    for (const { amount, check } of taken) {
      if (check === undefined) continue;
      checks.set(amount, checks.get(amount) ?? check);
      if (checks.get(amount) === check && (unit !== "lines" || checks.size === 1)) continue;
      throw new Error(`${name} ${shape}: ${row.name} found other content (${amount} ${unit}, sum ${check})`);
    }
  }
}
