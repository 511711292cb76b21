import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Relative path → text; anything that is not text is written as JSON. */
export type Files = Record<string, unknown>;

/** Writes the files below `directory`, with their folders, and resolves to `directory`. */
export async function writeFiles(directory: string, files: Files): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return directory;
}
