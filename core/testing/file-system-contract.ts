import { FILE_SYSTEM_CASES } from "./cases.ts";
import { type ContractFixture, declare } from "./declare.ts";

/** Declares with `node:test` what every file system owes (the SPI's `contract.ts`). */
export function fileSystemContract(options: {
  /** Of the file system, in the tests' names. */
  readonly name: string;
  /** Called once, before the first case. */
  readonly setup: () => Promise<ContractFixture>;
}): void {
  declare(`${options.name} keeps the file system contract`, options.setup, FILE_SYSTEM_CASES);
}
