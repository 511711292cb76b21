import { CHANGING } from "./cases/changing.ts";
import { committing } from "./cases/committing.ts";
import { FOLDERS } from "./cases/folders.ts";
import { pendingWrites } from "./cases/pending-writes.ts";
import { READING_RANGES } from "./cases/ranges.ts";
import { READING } from "./cases/reading.ts";
import { recovering } from "./cases/recovering.ts";
import { ROOT } from "./cases/root.ts";
import { REFUSALS, SIGNALS } from "./cases/signals.ts";
import { WRITING } from "./cases/writing.ts";
import { randomSchedules } from "./recoverable-schedule.ts";
import type { Case } from "./subject.ts";

export const FILE_SYSTEM_CASES: readonly Case[] = [
  ...WRITING,
  ...READING,
  ...READING_RANGES,
  ...FOLDERS,
  ...CHANGING,
  ...ROOT,
  ...SIGNALS,
  ...REFUSALS,
];

export function recoverableWriterCases(partSize: number, schedules: number): readonly Case[] {
  return [
    ...committing(partSize),
    ...recovering(partSize),
    ...pendingWrites(partSize),
    ...randomSchedules(partSize, schedules),
  ];
}
