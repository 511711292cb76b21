import { defineConfig } from "vitest/config";

// Vitest runs tests in child processes or in threads; plugfs works in both, with nothing to configure.
const inPool = (pool) => ({ test: { name: pool, pool, include: ["*.test.ts"] } });

export default defineConfig({ test: { projects: [inPool("forks"), inPool("threads")] } });
