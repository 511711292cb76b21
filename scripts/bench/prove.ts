import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bench } from "./bench.ts";
import { ContentCheck } from "./content.ts";
import type { Place } from "./place.ts";
import type { Sample, Task } from "./task.ts";

/** Where a task puts what it makes; undefined when it makes nothing. */
export function writtenBy({
  operation,
  key,
  target,
}: Pick<Task, "operation" | "key"> & Partial<Task>): string | undefined {
  if (operation === "write") return key;
  return operation === "read" ? undefined : target;
}

/** Verifies a run, outside the clock. @throws Error when it did not do what it said */
export async function prove(bench: Bench, task: Task, sample: Sample, place: Place): Promise<void> {
  proveAmount(bench, task, sample);
  const { proof, shape, name } = bench;
  if (proof === undefined) return;
  if ("same" in proof) return proveContent(proof.same, bench, task, place);
  const prefix = "below" in proof ? proof.below : `${proof.tree}/`;
  const found = await place.count(shape, prefix);
  const wanted = "below" in proof ? sample.amount : place.scaled(proof.files) - sample.amount;
  if (found !== wanted) throw new Error(`${name}: ${found} objects below ${prefix} instead of ${wanted}`);
}

function proveAmount({ name, unit }: Bench, { operation, size, count }: Task, { amount }: Sample): void {
  if (unit === "lines") return;
  const whole = unit === "bytes" ? size : count;
  // Without its first byte it is not the whole object.
  const wanted = operation === "read-unchecked" ? whole - 1 : whole;
  if (amount !== wanted) throw new Error(`${name}: ${amount} ${unit} instead of ${wanted}`);
}

async function proveContent(same: string, { name, shape }: Bench, task: Task, place: Place): Promise<void> {
  const written = writtenBy(task);
  if (written === undefined) return;
  if (written.startsWith("file:")) {
    const check = new ContentCheck();
    for await (const chunk of createReadStream(fileURLToPath(written), { highWaterMark: 1 << 20 })) {
      check.accept(chunk);
    }
    if (check.position !== task.size) throw new Error(`${name}: ${written} has ${check.position} bytes`);
    return;
  }
  const [found, wanted] = [await place.summary(shape, written), await place.summary(shape, same)];
  if (found !== wanted) throw new Error(`${name}: ${written} has ${found}, not ${wanted}`);
}
