import { SHAPES } from "./bench.ts";
import { FURTHER, USUAL, words } from "./benches.ts";

export const HELP = `npm run bench [-- WORD… OPTIONS]

plugfs beside what people would use instead, in one run: same server process, same bytes, the same checks of them, tools
in turn, medians. Every tool has a process of its own, on plain Node and the built plugfs, which does a smaller run first.

Words (a shape may follow, as in read:C):
  ${words(USUAL).join(", ")}
      all of these when no word is given; less than 10 minutes
  ${words(FURTHER).join(", ")}
      only when asked for: plugfs at growing sizes, jobs with checkpoints, plugins in a worker, the command

Shapes of the server:
${Object.entries(SHAPES)
  .map(([name, { text }]) => `  ${name}  ${text}`)
  .join("\n")}

Options:
  --quick          an eighth of every size and count, one run: shows that everything works, measures nothing
  --runs N         at most N runs of each row (default: 5, of slow ones 3)
  --json FILE      writes the figures there
  --from FILE      takes the figures from there and measures nothing
  --baseline       puts this run's ratios into scripts/bench/baseline.json; without it they are compared with those
  --chart          draws scripts/bench/chart.svg, and growth.svg of the growth
  --help           this text

Exit code 1: a ratio is worse than the baseline's by more than a tenth.
`;
