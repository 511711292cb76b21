/**
 * The folder in the system's temporary folder where a process keeps copies of plugin folders, and the small files that
 * stand for shared packages in `require.resolve`. Made at the first need, readable by its owner only, removed when the
 * last environment closes; what a crashed process left is removed by the next start.
 */
import { constants, existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { cp, lstat, readdir, readFile, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "../../errors/errors.ts";
import { type Folder, folder, inside } from "./rule.ts";

const PREFIX = "plugfs-code-";
const OWNER = "owner.json";

export class PrivateFolder {
  #path: string | undefined;
  #users = 0;
  #copies = 0;

  /** The folder stays until as many users have left as entered. */
  enter(): void {
    this.#users += 1;
  }

  async leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0 || this.#path === undefined) return;
    const path = this.#path;
    this.#path = undefined;
    await rm(path, { recursive: true, force: true });
  }

  /** Copies a plugin's folder, links as they are, and resolves to the copy's real path. */
  async stage(directory: string, plugin: string): Promise<string> {
    this.#copies += 1;
    const target = join(this.#ensure(), `${this.#copies}`, plugin);
    await cp(directory, target, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
    return target;
  }

  /** Removes a copy that {@link stage} made. */
  async unstage(target: string): Promise<void> {
    await rm(join(target, ".."), { recursive: true, force: true });
  }

  /** The path of a CommonJS file that exports a shared package. */
  shim(list: number, specifier: string, access: string): string {
    const directory = join(this.#ensure(), "shared", String(list));
    const file = join(directory, `${encodeURIComponent(specifier)}.cjs`);
    if (!existsSync(file)) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(file, `module.exports = ${access}.require(${JSON.stringify(specifier)}).value;\n`);
    }
    return file;
  }

  /** Where {@link shim} puts its files; undefined before the first. */
  get shims(): Folder | undefined {
    return this.#path === undefined ? undefined : folder(join(this.#path, "shared"));
  }

  /** `module` is a file name or a URL. */
  holdsShim(module: string): boolean {
    return this.shims !== undefined && inside(this.shims, module);
  }

  #ensure(): string {
    if (this.#path !== undefined && existsSync(this.#path)) return this.#path;
    this.#path = mkdtempSync(join(realpathSync(tmpdir()), PREFIX));
    writeFileSync(join(this.#path, OWNER), JSON.stringify({ pid: process.pid, host: hostname() }));
    return this.#path;
  }
}

/** Removes the folders of this user's processes that ended without closing. Never fails. */
export async function sweepPrivateFolders(): Promise<void> {
  const parent = tmpdir();
  const names = await readdir(parent).catch(() => []);
  const left = names.filter((name) => name.startsWith(PREFIX));
  await Promise.allSettled(
    left.map(async (name) => {
      const path = join(parent, name);
      const { uid } = await lstat(path);
      if (uid !== process.getuid?.()) return;
      const owner: unknown = JSON.parse(await readFile(join(path, OWNER), "utf8"));
      if (isOfDeadProcess(owner)) await rm(path, { recursive: true, force: true });
    }),
  );
}

/** Containers can share a temporary folder and not their process ids, so another host name means "not ours". */
function isOfDeadProcess(owner: unknown): boolean {
  if (typeof owner !== "object" || owner === null) return false;
  const { pid, host } = owner as { pid?: unknown; host?: unknown };
  if (typeof pid !== "number" || host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === "ESRCH";
  }
}
