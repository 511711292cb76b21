import { type Bench, GIB, MIB, type Row } from "../bench.ts";
import { plugfs } from "../rows.ts";

type Change = NonNullable<Row["task"]>;
const row = (name: string, task: Change, warm: Change): Row => ({ ...plugfs, name, task, warm });

/** 1 GiB from place to place, beside reading and writing alone. */
export const COPY: readonly Bench[] = [
  {
    name: "copy",
    shape: "B",
    unit: "bytes",
    task: { operation: "copy", key: "gib", target: "copied", size: GIB },
    warm: { key: "warm", target: "warm-copied", size: 34 * MIB },
    needs: [
      { object: "gib", size: GIB },
      { object: "warm", size: 34 * MIB },
      { file: "gib", holds: "content", size: GIB },
      { file: "warm", holds: "content", size: 34 * MIB },
    ],
    rows: [
      row("oss → oss", {}, {}),
      row("oss → file", { target: "file:copied" }, { target: "file:warm-copied" }),
      row("file → oss", { key: "file:gib" }, { key: "file:warm" }),
      row("read oss", { operation: "read" }, {}),
      row("write oss", { operation: "write", key: "copied" }, { key: "warm-copied" }),
      row("read file", { operation: "read", key: "file:gib" }, { key: "file:warm" }),
      row("write file", { operation: "write", key: "file:copied" }, { key: "file:warm-copied" }),
    ],
    goals: [
      { row: "oss → oss", measure: "sent ÷ asked", than: 1, most: 0.01 },
      { row: "oss → file", than: ["read oss", "write file"], least: 0.9 },
      { row: "file → oss", than: ["read file", "write oss"], least: 0.9 },
    ],
    runs: 3,
    proof: { same: "gib" },
    traffic: true,
  },
];
