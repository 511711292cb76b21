import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Result } from "../figures.ts";
import { bars, type Drawing } from "./bars.ts";
import { themed } from "./colors.ts";
import { growth } from "./growth.ts";
import { echarts } from "./library.ts";

/** Writes the charts that these results hold anything for. */
export async function drawCharts(root: string, results: readonly Result[]): Promise<void> {
  await draw(root, "chart.svg", "plugfs beside ali-oss and opendal, one run", bars(results));
  await draw(root, "growth.svg", "plugfs at growing sizes", growth(results));
}

async function draw(root: string, name: string, title: string, drawing: Drawing | undefined): Promise<void> {
  if (drawing === undefined) return;
  const { width, height, option, description } = drawing;
  const chart = (await echarts(root)).init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption(option);
  const file = join(root, "scripts/bench", name);
  await writeFile(file, themed(chart.renderToSVGString(), title, description));
  chart.dispose();
  console.log(`wrote scripts/bench/${name}`);
}
