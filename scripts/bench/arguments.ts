import { parseArgs } from "node:util";

export interface Arguments {
  readonly words: readonly string[];
  readonly quick: boolean;
  /** At most so many runs of a row. */
  readonly runs: number | undefined;
  readonly json: string | undefined;
  readonly from: string | undefined;
  readonly baseline: boolean;
  readonly chart: boolean;
  readonly help: boolean;
}

/** @throws RangeError for what makes no sense */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args);
  const { quick = false, baseline = false, chart = false, help = false, runs, json, from } = values;
  if (runs !== undefined && !/^[1-9]\d*$/.test(runs)) {
    throw new RangeError(`--runs has to be a number from 1, not "${runs}"`);
  }
  if (quick && (baseline || chart)) throw new RangeError("--quick measures nothing to keep or to draw");
  return {
    ...{ words: positionals, quick, json, from, baseline, chart, help },
    runs: quick ? 1 : runs === undefined ? undefined : Number(runs),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: "boolean" },
        runs: { type: "string" },
        json: { type: "string" },
        from: { type: "string" },
        baseline: { type: "boolean" },
        chart: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new RangeError((error as Error).message);
  }
}
