import { CHANGING } from "./cases/changing.ts";
import { FOLDERS } from "./cases/folders.ts";
import { READING } from "./cases/reading.ts";
import { REFUSALS, SIGNALS } from "./cases/signals.ts";
import { WRITING } from "./cases/writing.ts";
import { type ContractFixture, declare } from "./declare.ts";

/** Declares with `node:test` what every file system owes (the SPI's `contract.ts`). */
export function fileSystemContract(options: {
  /** Of the file system, in the tests' names. */
  readonly name: string;
  /** Called once, before the first case. */
  readonly setup: () => Promise<ContractFixture>;
}): void {
  const cases = [...WRITING, ...READING, ...FOLDERS, ...CHANGING, ...SIGNALS, ...REFUSALS];
  declare(`${options.name} keeps the file system contract`, options.setup, cases);
}
