import type { Bench } from "./bench.ts";
import { COPY } from "./benches/copy.ts";
import { GROWTH } from "./benches/growth.ts";
import { JOBS } from "./benches/jobs.ts";
import { LINES } from "./benches/lines.ts";
import { LIST } from "./benches/list.ts";
import { READ } from "./benches/read.ts";
import { SMALL } from "./benches/small.ts";
import { TRANSFER } from "./benches/transfer.ts";
import { TREE } from "./benches/tree.ts";
import { WORKER } from "./benches/worker.ts";
import { WRITE } from "./benches/write.ts";

/** What runs when nothing is chosen. */
export const USUAL: readonly Bench[] = [...READ, ...WRITE, ...SMALL, ...LIST, ...TREE, ...LINES, ...COPY];
/** What has to be asked for. */
export const FURTHER: readonly Bench[] = [...GROWTH, ...JOBS, ...WORKER, ...TRANSFER];

export const wordOf = ({ name }: Bench): string => name.split(" ")[0] ?? "";
export const words = (benches: readonly Bench[]): string[] => [...new Set(benches.map(wordOf))];

/**
 * The benches of these words, in their own order; a shape (`read:C`) may follow a word.
 *
 * @throws RangeError for a word that names none
 */
export function chooseBenches(chosen: readonly string[]): readonly Bench[] {
  if (chosen.length === 0) return USUAL;
  const all = [...USUAL, ...FURTHER];
  const fits = (bench: Bench, word: string): boolean =>
    word === wordOf(bench) || word === `${wordOf(bench)}:${bench.shape}`;
  for (const word of chosen) {
    if (all.some((bench) => fits(bench, word))) continue;
    throw new RangeError(`There is no bench "${word}"; there are ${words(all).join(", ")}`);
  }
  return all.filter((bench) => chosen.some((word) => fits(bench, word)));
}
