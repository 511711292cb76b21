import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import { unreadable } from "./metadata.ts";

/** Metadata holds states up to 1 MiB each; what is larger than this is something else. */
const LARGEST = 256 * 1024 * 1024;

/** A metadata file's bytes. */
export async function readAll(fileSystem: FileSystem, path: Path, signal?: AbortSignal): Promise<Buffer> {
  const stream = await fileSystem.open(path, { signal });
  try {
    const { length } = stream.status;
    if (length > LARGEST) throw unreadable(path.toString(), `${length} bytes are too many for metadata`);
    const bytes = Buffer.alloc(length);
    const read = await stream.read(bytes);
    return bytes.subarray(0, read);
  } finally {
    await stream.close();
  }
}
