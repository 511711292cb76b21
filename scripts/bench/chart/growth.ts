import type { Result } from "../figures.ts";
import type { Drawing } from "./bars.ts";
import { BARS, FAINT, INK, LINE } from "./colors.ts";

const WIDTH = 960;
const HEIGHT = 350;
const MARGIN = 16;
const FONT = { fontFamily: "system-ui, sans-serif", fontSize: 12 };
/** How many bytes or keys a row's name stands for. */
const AMOUNT = /^([\d,]+) (MiB|GiB|keys)$/;
const UNIT: Readonly<Record<string, number>> = { MiB: 2 ** 20, GiB: 2 ** 30, keys: 1 };

interface Panel {
  readonly title: string;
  readonly points: readonly { readonly name: string; readonly amount: number; readonly seconds: number }[];
}

/** Time over size, both axes logarithmic: along the dashed line it grows as the size does. */
export function growth(results: readonly Result[]): Drawing | undefined {
  const panels = [
    panel(results, "growth read", "Read an object"),
    panel(results, "growth list", "List a folder"),
  ];
  const found = panels.filter((each) => each !== undefined);
  if (found.length === 0) return undefined;
  return {
    width: WIDTH,
    height: HEIGHT,
    option: {
      animation: false,
      title: found.map(({ title }, i) => ({
        text: title,
        subtext: "seconds; dashed: in proportion",
        left: MARGIN + i * (WIDTH / 2),
        top: MARGIN,
        padding: 0,
        itemGap: 3,
        textStyle: { ...FONT, color: INK, fontSize: 14, fontWeight: 600 },
        subtextStyle: { ...FONT, color: FAINT, fontSize: 11 },
      })),
      grid: found.map((_, i) => ({
        left: i * (WIDTH / 2) + 62,
        top: 74,
        width: WIDTH / 2 - 190,
        height: HEIGHT - 100,
      })),
      xAxis: found.map((each, i) => ({ ...axis(i), ...withoutLabels(each) })),
      yAxis: found.map((_, i) => axis(i)),
      series: found.flatMap((each, i) => [line(each, i), proportion(each, i)]),
    },
    description: found
      .map(
        ({ title, points }) =>
          `${title}: ${points.map(({ name, seconds }) => `${name} ${shown(seconds)}`).join(", ")}.`,
      )
      .join(" "),
  };
}

function panel(results: readonly Result[], name: string, title: string): Panel | undefined {
  const result = results.find((found) => found.name === name);
  if (result === undefined) return undefined;
  const points = result.rows.map((row) => {
    const [, number = "", unit = ""] = AMOUNT.exec(row.name) ?? [];
    const amount = Number(number.replaceAll(",", "")) * (UNIT[unit] ?? Number.NaN);
    return { name: row.name, amount, seconds: amount / row.rate[0] };
  });
  return { title, points };
}

function axis(gridIndex: number): object {
  return {
    gridIndex,
    type: "log",
    axisLabel: { ...FONT, color: FAINT, formatter: (value: number) => String(Number(value.toPrecision(1))) },
    axisLine: { show: true, lineStyle: { color: LINE } },
    splitLine: { lineStyle: { color: LINE } },
  };
}

/** The points carry their sizes themselves. */
function withoutLabels({ points }: Panel): object {
  return {
    min: (points[0]?.amount ?? 1) / 1.6,
    max: (points.at(-1)?.amount ?? 1) * 1.6,
    axisLabel: { show: false },
    splitLine: { show: false },
    axisTick: { show: false },
  };
}

function line({ points }: Panel, index: number): object {
  return {
    type: "line",
    xAxisIndex: index,
    yAxisIndex: index,
    symbol: "circle",
    symbolSize: 8,
    lineStyle: { color: BARS.plugfs, width: 2 },
    itemStyle: { color: BARS.plugfs },
    data: points.map(({ name, amount, seconds }) => ({
      value: [amount, seconds],
      label: { formatter: `${name}: ${shown(seconds)}` },
    })),
    label: { show: true, position: "right", offset: [2, 12], ...FONT, color: INK },
  };
}

function proportion({ points }: Panel, index: number): object {
  const last = points.at(-1);
  const slope = last === undefined ? 0 : last.seconds / last.amount;
  return {
    type: "line",
    xAxisIndex: index,
    yAxisIndex: index,
    symbol: "none",
    lineStyle: { color: FAINT, width: 1, type: "dashed" },
    data: points.map(({ amount }) => [amount, amount * slope]),
  };
}

function shown(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}
