/** `node --import tsx scripts/build.ts dist`: builds one target. scripts/setup.mjs decides which are stale. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "../core/plugin/authoring/pack.ts";
import { buildCore } from "./build/core.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = process.argv[2] ?? "dist";

try {
  if (target === "dist") await buildCore(root);
  else {
    // As `plugfs plugins pack` does it.
    const directory = join(root, target);
    await pack({ directory, outDirectory: directory, license: join(root, "LICENSE") });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
