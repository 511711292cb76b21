/** `node --import tsx scripts/build.ts dist`: builds one target. scripts/setup.mjs decides which are stale. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePlugin } from "./build/bundle-plugin.ts";
import { buildCore } from "./build/core.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = process.argv[2] ?? "dist";

try {
  if (target === "dist") await buildCore(root);
  else await bundlePlugin({ directory: join(root, target), license: join(root, "LICENSE") });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
