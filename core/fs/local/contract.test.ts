import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import type { ContractFixture } from "../../testing/declare.ts";
import { fileSystemContract } from "../../testing/file-system-contract.ts";
import { recoverableWriterContract } from "../../testing/recoverable-writer-contract.ts";
import { Path } from "../path.ts";
import { LocalFileSystem } from "./local-file-system.ts";

async function setup(): Promise<ContractFixture> {
  const folder = await temporaryFolder();
  return {
    fileSystem: new LocalFileSystem(),
    root: Path.parse(folder.path),
    dispose: async () => folder[Symbol.asyncDispose](),
  };
}

fileSystemContract({ name: "file:", setup });
recoverableWriterContract({ name: "file:", setup });
