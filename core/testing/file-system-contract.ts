import { after, before, describe, test } from "node:test";
import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import { CHANGING } from "./cases/changing.ts";
import { FOLDERS } from "./cases/folders.ts";
import { READING } from "./cases/reading.ts";
import { REFUSALS, SIGNALS } from "./cases/signals.ts";
import { WRITING } from "./cases/writing.ts";
import { type Case, type Existing, Subject } from "./subject.ts";

export interface ContractFixture {
  readonly fileSystem: FileSystem;
  /** Below it each case makes a folder of its own, and deletes it. Need not exist. */
  readonly root: Path;
  /** A file to read, of a read-only store. At least 1000 bytes. */
  readonly existing?: Existing;
  /** Called after the last case. */
  dispose?(): Promise<void>;
}

/**
 * Declares with `node:test` what every file system owes (design of the SPI in `contract.ts`).
 *
 * A case that rests on a capability the file system lacks is reported with a diagnostic; what is to be refused instead
 * is asserted by cases of their own.
 */
export function fileSystemContract(options: {
  /** Of the file system, in the tests' names. */
  readonly name: string;
  /** Called once, before the first case. */
  readonly setup: () => Promise<ContractFixture>;
}): void {
  describe(`${options.name} keeps the file system contract`, () => {
    let fixture: ContractFixture;
    before(async () => {
      fixture = await options.setup();
    });
    after(async () => {
      await fixture?.dispose?.();
    });

    const cases: readonly Case[] = [...WRITING, ...READING, ...FOLDERS, ...CHANGING, ...SIGNALS, ...REFUSALS];
    for (const [i, { name, needs, run }] of cases.entries()) {
      test(name, async (t) => {
        const { fileSystem, root, existing } = fixture;
        const missing = needs.filter((capability) => !fileSystem.capabilities.has(capability));
        if (missing.length > 0) {
          t.diagnostic(`not owed: ${options.name} has no ${missing.join(", ")}`);
          return;
        }
        const folder = root.child(`case-${i}`);
        try {
          await run(new Subject(fileSystem, folder, existing));
        } finally {
          if (fileSystem.capabilities.has("write")) await fileSystem.delete(folder, { recursive: true });
        }
      });
    }
  });
}
