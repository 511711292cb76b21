/** Counts the words of the splits that its parent sends. */
import { Environment } from "plugfs";

const env = await Environment.open();

process.on("message", async (split) => {
  const counts = new Map();
  for await (const line of env.readSplit(split)) {
    for (const word of line.split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  process.send([...counts]);
});
