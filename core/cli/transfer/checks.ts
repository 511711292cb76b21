import { realpath } from "node:fs/promises";
import { FileSystemError } from "../../errors/errors.ts";
import { Path } from "../../fs/path.ts";
import type { Found } from "../globs.ts";

/** The last segment; of a bucket the bucket's. */
export function nameOf(path: Path): string {
  const name = path.name || path.authority;
  if (name !== "") return name;
  throw new FileSystemError({
    code: "EINVAL",
    path,
    message: "a root has no name of its own",
    hint: "Name a target that is not there yet",
  });
}

/** A file onto itself, or a folder into itself, which would never end. */
export async function refuseSelf({ path, status }: Found, target: Path): Promise<void> {
  const [from, to] = await Promise.all([real(path), real(target)]);
  const refuse = (message: string, hint: string) =>
    new FileSystemError({ code: "EINVAL", path, dest: target, operation: "copy", message, hint });
  if (from.equals(to)) throw refuse("source and target are the same", "Choose another target");
  if (status.kind === "directory" && to.startsWith(from)) {
    throw refuse("the target is inside the source", "Choose a target outside of it");
  }
}

/** Two sources of one name: the second would replace the first. */
export function refuseTwice(targets: Set<string>, { path }: Found, target: Path): void {
  if (targets.has(target.key)) {
    throw new FileSystemError({
      code: "EEXIST",
      path,
      dest: target,
      operation: "copy",
      message: "another source of the same name goes there",
      hint: "Copy them one by one",
    });
  }
  targets.add(target.key);
}

export function needsRecursive(path: Path): FileSystemError {
  return new FileSystemError({
    code: "EISDIR",
    path,
    operation: "copy",
    message: "this is a folder",
    hint: "Use -r for folders",
  });
}

export function notAFolder(path: Path): FileSystemError {
  return new FileSystemError({
    code: "ENOTDIR",
    path,
    operation: "copy",
    message: "this is a file, and a folder is needed",
    hint: "Name a folder as target",
  });
}

/** A local path with the links in it resolved, as far as it exists. */
async function real(path: Path): Promise<Path> {
  if (path.scheme !== "file") return path;
  const key = await realpath(path.key).catch(() => undefined);
  if (key !== undefined) return Path.unsafe("file", "", key);
  return path.parent === null ? path : (await real(path.parent)).child(path.name);
}
