import { SHAPES } from "../bench.ts";
import type { Figures, Result } from "../figures.ts";
import { rateUnit, shownRate } from "../table.ts";
import { BARS, FAINT, INK } from "./colors.ts";

const WIDTH = 960;
const COLUMNS = 2;
const BAR = 20;
const HEAD = 46;
const GAP = 26;
const LABELS = 168;
const MARGIN = 16;
const PANEL = (WIDTH - MARGIN) / COLUMNS;

/** The benches that people ask for first, with what each panel is called. */
const PANELS: Readonly<Record<string, string>> = {
  "read C": "Read 512 MiB",
  "write C": "Write 512 MiB",
  "read A": "Read 512 MiB",
  "write A": "Write 512 MiB",
  "read T": "Read 512 MiB",
  "small A": "Read 4 KiB objects, 16 at once",
  "list A": "List 100,000 keys",
  "list tree B": "List 64 folders, 64,000 keys",
  "tree delete B": "Delete a folder of 10,000 files",
  "tree rename B": "Rename a folder of 10,000 files",
  "lines A": "Lines of a local file of 512 MiB",
  "lines over HTTP C": "Lines of an object of 256 MiB",
};

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly option: object;
  readonly description: string;
}

/** A panel of bars for each bench: its rates, the longest bar the fastest. */
export function bars(results: readonly Result[]): Drawing | undefined {
  const panels = Object.entries(PANELS).flatMap(([id, title]) => {
    const result = results.find(({ name, shape }) => `${name} ${shape}` === id);
    return result === undefined ? [] : [{ result, title }];
  });
  if (panels.length === 0) return undefined;
  const option = { animation: false, grid: [], xAxis: [], yAxis: [], series: [], title: [] } as Parts;
  let top = MARGIN;
  for (let i = 0; i < panels.length; i += COLUMNS) {
    const line = panels.slice(i, i + COLUMNS);
    const height = Math.max(...line.map(({ result }) => result.rows.length)) * BAR;
    line.forEach(({ result, title }, column) => {
      addPanel(option, result, title, MARGIN + column * PANEL, top);
    });
    top += HEAD + height + GAP;
  }
  return { width: WIDTH, height: top, option, description: panels.map(described).join(" ") };
}

interface Parts {
  readonly animation: false;
  readonly grid: object[];
  readonly xAxis: object[];
  readonly yAxis: object[];
  readonly series: object[];
  readonly title: object[];
}

function addPanel(parts: Parts, result: Result, title: string, left: number, top: number): void {
  const { unit, shape, rows } = result;
  const index = parts.grid.length;
  parts.title.push({
    text: title,
    subtext: `${rateUnit(unit)} · ${shape}: ${SHAPES[shape].text}`,
    left,
    top,
    padding: 0,
    itemGap: 3,
    textStyle: { color: INK, fontSize: 14, fontWeight: 600, fontFamily: "system-ui, sans-serif" },
    subtextStyle: { color: FAINT, fontSize: 11, fontFamily: "system-ui, sans-serif" },
  });
  parts.grid.push({
    left: left + LABELS,
    top: top + HEAD - 4,
    width: PANEL - LABELS - 82,
    height: rows.length * BAR,
  });
  parts.xAxis.push({
    gridIndex: index,
    type: "value",
    show: false,
    min: 0,
    max: Math.max(...rows.map(({ rate }) => rate[0])),
  });
  parts.yAxis.push({
    gridIndex: index,
    type: "category",
    inverse: true,
    data: rows.map(({ name }) => name),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: INK, fontSize: 12, fontFamily: "system-ui, sans-serif", margin: 8 },
  });
  parts.series.push({
    type: "bar",
    xAxisIndex: index,
    yAxisIndex: index,
    barWidth: 13,
    data: rows.map((row) => bar(unit, row)),
    label: {
      show: true,
      position: "right",
      color: INK,
      fontSize: 12,
      fontFamily: "system-ui, sans-serif",
      distance: 6,
    },
  });
}

function bar(unit: Result["unit"], { rate, tool }: Figures): object {
  return {
    value: rate[0],
    itemStyle: { color: BARS[tool], borderRadius: [0, 3, 3, 0] },
    label: { formatter: shownRate(unit, rate[0]) },
  };
}

function described({ result, title }: { readonly result: Result; readonly title: string }): string {
  const { unit, shape, rows } = result;
  const list = rows.map(({ name, rate }) => `${name} ${shownRate(unit, rate[0])}`).join(", ");
  return `${title} (${SHAPES[shape].text}), ${rateUnit(unit)}: ${list}.`;
}
