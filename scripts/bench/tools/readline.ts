import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Tool } from "../task.ts";

/** node:readline over a local file. */
export function readlineTool(): Tool {
  return {
    operations: {
      async lines({ key }) {
        let amount = 0;
        let check = 0;
        const input = createReadStream(fileURLToPath(key));
        for await (const line of createInterface({ input })) {
          amount++;
          check += line.length;
        }
        return { amount, check };
      },
    },
    async [Symbol.asyncDispose]() {},
  };
}
