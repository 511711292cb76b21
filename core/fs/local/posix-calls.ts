import type { WatchOptions } from "node:fs";
import {
  access,
  chmod,
  chown,
  type FileChangeInfo,
  lchmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  stat,
  statfs,
  symlink,
  truncate,
  utimes,
  watch,
} from "node:fs/promises";
import type { Path } from "../path.ts";
import type { PosixCalls, PosixHandle } from "../posix.ts";

/** Capability `posix` of local files is Node's own functions. */
export const LOCAL_POSIX: PosixCalls = {
  access: (path, mode) => access(path.key, mode),
  chmod: (path, mode) => chmod(path.key, mode),
  chown: (path, uid, gid) => chown(path.key, uid, gid),
  lchmod: (path, mode) => lchmod(path.key, mode),
  lchown: (path, uid, gid) => lchown(path.key, uid, gid),
  link: (existing, path) => link(existing.key, path.key),
  lstat: (path, options) => lstat(path.key, options),
  lutimes: (path, atime, mtime) => lutimes(path.key, atime, mtime),
  mkdir: (path, options) => mkdir(path.key, options),
  openHandle: async (path, flags, mode) => (await open(path.key, flags, mode)) as PosixHandle,
  readdir: (path, options) => readdir(path.key, options as object) as Promise<never>,
  readlink: (path) => readlink(path.key, "buffer"),
  realpath: (path) => realpath(path.key, "buffer"),
  stat: (path, options) => stat(path.key, options),
  statfs: (path, options) => statfs(path.key, options),
  symlink: (target, path, type) => symlink(target, path.key, type),
  truncate: (path, length) => truncate(path.key, length),
  utimes: (path, atime, mtime) => utimes(path.key, atime, mtime),
};

export async function* watchLocal(
  path: Path,
  options: WatchOptions = {},
): AsyncGenerator<FileChangeInfo<string | Buffer>> {
  yield* watch(path.key, options) as AsyncIterable<FileChangeInfo<string | Buffer>>;
}
