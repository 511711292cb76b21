import { after, before, describe, test } from "node:test";
import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
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
 * Declares cases with `node:test`. One that rests on a capability the file system lacks is reported with a diagnostic;
 * what is to be refused instead is asserted by cases of their own.
 */
export function declare(suite: string, setup: () => Promise<ContractFixture>, cases: readonly Case[]): void {
  describe(suite, () => {
    let fixture: ContractFixture;
    before(async () => {
      fixture = await setup();
    });
    after(async () => {
      await fixture?.dispose?.();
    });

    for (const [i, { name, needs, run }] of cases.entries()) {
      test(name, async (t) => {
        const { fileSystem, root, existing } = fixture;
        const missing = needs.filter((capability) => !fileSystem.capabilities.has(capability));
        if (missing.length > 0) {
          t.diagnostic(`not owed: there is no ${missing.join(", ")}`);
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
