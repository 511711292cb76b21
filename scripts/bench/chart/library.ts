import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const VERSION = "5.6.0";

/** As much of Apache ECharts as is needed here. */
export interface ECharts {
  init(
    element: null,
    theme: null,
    options: {
      readonly renderer: "svg";
      readonly ssr: true;
      readonly width: number;
      readonly height: number;
    },
  ): {
    setOption(option: object): void;
    renderToSVGString(): string;
    dispose(): void;
  };
}

/** Apache ECharts draws without a browser. Too large a package to install with the repository: fetched when first needed. */
export async function echarts(root: string): Promise<ECharts> {
  const cache = join(root, ".cache/echarts");
  const file = join(cache, VERSION, "dist/echarts.min.js");
  if (!existsSync(file)) await fetchTo(cache);
  return createRequire(import.meta.url)(file);
}

async function fetchTo(cache: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "fetch-"));
  try {
    process.stderr.write(`fetching echarts@${VERSION}\n`);
    const run = promisify(execFile);
    await run("npm", ["pack", `echarts@${VERSION}`, "--pack-destination", work], { cwd: work });
    await run("tar", [
      "-xzf",
      join(work, `echarts-${VERSION}.tgz`),
      "-C",
      work,
      "package/dist/echarts.min.js",
    ]);
    await writeFile(join(work, "package/package.json"), '{ "type": "commonjs" }\n');
    await rm(join(cache, VERSION), { recursive: true, force: true });
    await rename(join(work, "package"), join(cache, VERSION));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
