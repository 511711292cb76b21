import { CHANGING } from "./cases/changing.ts";
import { FOLDERS } from "./cases/folders.ts";
import { READING_RANGES } from "./cases/ranges.ts";
import { READING } from "./cases/reading.ts";
import { ROOT } from "./cases/root.ts";
import { REFUSALS, SIGNALS } from "./cases/signals.ts";
import { WRITING } from "./cases/writing.ts";
import { type ContractFixture, declare } from "./declare.ts";
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

/** Declares with `node:test` what every file system owes (the SPI's `contract.ts`). */
export function fileSystemContract(options: {
  /** Of the file system, in the tests' names. */
  readonly name: string;
  /** Called once, before the first case. */
  readonly setup: () => Promise<ContractFixture>;
}): void {
  declare(`${options.name} keeps the file system contract`, options.setup, FILE_SYSTEM_CASES);
}
