import { type Bench, KIB, MIB } from "../bench.ts";
import { aliOss, limit, opendal, plugfs } from "../rows.ts";

const objects: Pick<Bench, "unit" | "needs"> = {
  unit: "reads",
  needs: [{ tree: "small", files: 4_000, size: 4 * KIB }],
};

/** Many small objects, and small pieces of a large one. */
export const SMALL: readonly Bench[] = [
  {
    ...objects,
    name: "small",
    shape: "A",
    task: { operation: "small-reads", key: "small", size: 4 * KIB, count: 4_000, concurrency: 16 },
    warm: { count: 500 },
    rows: [plugfs, aliOss, opendal, limit],
    goals: [
      { row: "plugfs", than: "ali-oss", least: 2, floor: true },
      { row: "plugfs", than: "ali-oss", least: 4 },
    ],
  },
  {
    ...objects,
    name: "small",
    shape: "B",
    task: { operation: "small-reads", key: "small", size: 4 * KIB, count: 4_000, concurrency: 64 },
    warm: { count: 1_000 },
    // By default a file system has 32 connections.
    rows: [{ ...plugfs, configuration: { "fs.oss.connection.maximum": 64 } }, aliOss, opendal, limit],
    goals: [{ row: "plugfs", than: 2_900, least: 1 }],
  },
  {
    name: "random",
    shape: "B",
    unit: "reads",
    task: { operation: "random-reads", key: "big", size: 64 * KIB, count: 1_000, concurrency: 16 },
    warm: { count: 200 },
    needs: [{ object: "big", size: 512 * MIB }],
    rows: [
      plugfs,
      // The same pieces, 8 KiB apart, in one call.
      { ...plugfs, name: "plugfs, vectored", task: { operation: "vectored-reads" } },
      aliOss,
      opendal,
    ],
    goals: [
      { row: "plugfs", measure: "sent ÷ asked", than: 1, most: 1.1 },
      { row: "plugfs, vectored", than: "plugfs", least: 1 },
    ],
    runs: 3,
    traffic: true,
  },
];
