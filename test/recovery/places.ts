import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type OssHome, ossHome } from "../support/oss-home.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Where a job that is killed works. */
export interface Place extends AsyncDisposable {
  readonly name: string;
  /** URI of the folder that it works in. */
  readonly base: string;
  readonly home: string;
  /**
   * Every file below it, or below a folder in it, with its content, and what else is left there. A job that is at work
   * there may take some away meanwhile.
   */
  files(below?: string): Promise<Record<string, string>>;
  /** Puts a file there, whole. */
  put(name: string, text: string): Promise<void>;
  /** Nothing is left in it. */
  clear(): Promise<void>;
}

export async function localPlace(): Promise<Place> {
  const folder = await temporaryFolder();
  const base = join(folder.path, "data");
  return {
    name: "local files",
    base: `file://${base}`,
    home: folder.path,
    async files(below = "") {
      const files: Record<string, string> = {};
      const options = { recursive: true, withFileTypes: true } as const;
      for (const entry of await readdir(join(base, below), options).catch(orNothing([]))) {
        const path = join(entry.parentPath, entry.name);
        const text = entry.isFile() ? await readFile(path, "utf8").catch(orNothing(undefined)) : undefined;
        if (text !== undefined) files[path.slice(base.length + 1)] = text;
      }
      return files;
    },
    async put(name, text) {
      const path = join(base, name);
      const hidden = join(dirname(path), ".new");
      await mkdir(dirname(path), { recursive: true });
      await writeFile(hidden, text);
      await rename(hidden, path);
    },
    async clear() {
      await rm(base, { recursive: true, force: true });
      await mkdir(base);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** For what is gone in the meantime. */
function orNothing<T>(nothing: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return nothing;
    throw error;
  };
}

/** `seed`: with faults of the server, as it chooses them. */
export async function ossPlace(seed?: number): Promise<Place> {
  const home: OssHome = await ossHome();
  const { server } = home;
  if (seed !== undefined) {
    server.faults.random({
      seed,
      probability: 0.03,
      faults: [
        { kind: "status", status: 500, code: "InternalError" },
        { kind: "reset-before-headers" },
        { kind: "answer-lost" },
        { kind: "throttle" },
      ],
    });
  }
  return {
    name: seed === undefined ? "OSS" : "OSS with faults",
    base: "oss://demo/data",
    home: home.path,
    async files(below = "") {
      const files: Record<string, string> = {};
      for (const key of server.keys("demo")) {
        if (!key.startsWith(`data/${below}`)) continue;
        files[key.replace(/^data\//, "")] = Buffer.from((await server.get("demo", key)) ?? []).toString();
      }
      for (const { key } of server.uploads("demo")) files[`unfinished upload of ${key}`] = "";
      return files;
    },
    async put(name, text) {
      await server.put("demo", `data/${name}`, text);
    },
    async clear() {
      for (const key of server.keys("demo")) server.remove("demo", key);
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}
