import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { fileSystemContract } from "../../testing/file-system-contract.ts";
import { Path } from "../path.ts";
import { LocalFileSystem } from "./local-file-system.ts";

fileSystemContract({
  name: "file:",
  async setup() {
    const folder = await temporaryFolder();
    return {
      fileSystem: new LocalFileSystem(),
      root: Path.parse(folder.path),
      dispose: async () => folder[Symbol.asyncDispose](),
    };
  },
});
