import { FileSystemError } from "../../errors/errors.ts";

/** The functions of `node:fs/promises` that are not there yet: each rejects at once with `ENOTSUP`. */
export class NotYetServed {
  appendFile(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("appendFile", path);
  }
  chmod(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("chmod", path);
  }
  chown(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("chown", path);
  }
  cp(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("cp", path);
  }
  lchmod(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("lchmod", path);
  }
  lchown(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("lchown", path);
  }
  link(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("link", path);
  }
  lutimes(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("lutimes", path);
  }
  mkdtemp(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("mkdtemp", path);
  }
  open(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("open", path);
  }
  opendir(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("opendir", path);
  }
  readlink(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("readlink", path);
  }
  realpath(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("realpath", path);
  }
  statfs(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("statfs", path);
  }
  symlink(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("symlink", path);
  }
  truncate(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("truncate", path);
  }
  utimes(path: unknown, ..._: unknown[]): Promise<never> {
    return notServed("utimes", path);
  }

  /** Not a promise in Node either, so these throw. */
  glob(pattern: unknown, ..._: unknown[]): never {
    throw refusal("glob", pattern);
  }
  watch(path: unknown, ..._: unknown[]): never {
    throw refusal("watch", path);
  }
  createReadStream(path: unknown, ..._: unknown[]): never {
    throw refusal("createReadStream", path);
  }
  createWriteStream(path: unknown, ..._: unknown[]): never {
    throw refusal("createWriteStream", path);
  }
}

function notServed(operation: string, path: unknown): Promise<never> {
  return Promise.reject(refusal(operation, path));
}

function refusal(operation: string, path: unknown): FileSystemError {
  return new FileSystemError({
    code: "ENOTSUP",
    operation,
    path: String(path),
    message: "env.fs does not serve this call yet",
  });
}
