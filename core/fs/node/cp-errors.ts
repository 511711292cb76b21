import { type Place, shown } from "./places.ts";

/** Node's codes of `cp`. */
type CpCode =
  | "ERR_FS_EISDIR"
  | "ERR_FS_CP_DIR_TO_NON_DIR"
  | "ERR_FS_CP_EEXIST"
  | "ERR_FS_CP_EINVAL"
  | "ERR_FS_CP_FIFO_PIPE"
  | "ERR_FS_CP_NON_DIR_TO_DIR"
  | "ERR_FS_CP_SOCKET";

export function cpError(code: CpCode, message: string, from: Place, to: Place): Error {
  const [path, dest] = [shown(from.path), shown(to.path)];
  const error = new Error(`${message}, cp '${path}' -> '${dest}'`);
  return Object.assign(error, { name: "SystemError", code, path, dest, syscall: "cp" });
}
