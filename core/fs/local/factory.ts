import type { FileSystem, FileSystemContext, FileSystemFactory } from "../contract.ts";
import type { Path } from "../path.ts";
import { LocalFileSystem } from "./local-file-system.ts";

/** Serves `file:`; built in. */
export class LocalFileSystemFactory implements FileSystemFactory {
  readonly scheme = "file";

  create(_root: Path, context: FileSystemContext): FileSystem {
    return new LocalFileSystem(context.logger);
  }
}
