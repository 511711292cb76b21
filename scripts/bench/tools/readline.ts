import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Tool } from "../task.ts";

/** node:readline over a local file. */
export function readlineTool(): Tool {
  return {
    async lines({ key }) {
      let count = 0;
      const input = createReadStream(fileURLToPath(key));
      for await (const line of createInterface({ input })) count += line.length >= 0 ? 1 : 0;
      return count;
    },
    async [Symbol.asyncDispose]() {},
  };
}
