import { recoverableWriterCases } from "./cases.ts";
import { type ContractFixture, declare } from "./declare.ts";

/**
 * Declares with `node:test` what a recoverable writer owes: Flink's cases (`AbstractRecoverableWriterTest`, and those of
 * its object stores), without the traps that these leave open.
 */
export function recoverableWriterContract(options: {
  /** Of the file system, in the tests' names. */
  readonly name: string;
  /** Called once, before the first case. */
  readonly setup: () => Promise<ContractFixture>;
  /** Bytes past which the store stages in parts; some cases write several times as much. Default 256 KiB. */
  readonly partSize?: number;
  /** Random sequences of write, persist, crash, recover and commit. Default 25. */
  readonly schedules?: number;
}): void {
  const { name, setup, partSize = 256 * 1024, schedules = 25 } = options;
  const cases = recoverableWriterCases(partSize, schedules);
  declare(`${name} keeps the contract of recoverable writers`, setup, cases);
}
