import { readFile } from "node:fs/promises";
import fastGlob from "fast-glob";

/** Several MB of real text: the documented declarations of the web's and of Node's API, as npm installed them. */
export async function realText(root: string): Promise<Buffer> {
  const files = await fastGlob(
    ["node_modules/@typescript/*/lib/*.d.ts", "node_modules/@types/node/**/*.d.ts"],
    {
      cwd: root,
      absolute: true,
    },
  );
  return Buffer.concat(await Promise.all(files.sort().map((file) => readFile(file))));
}
