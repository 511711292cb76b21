import type { Bench } from "../bench.ts";
import { aliOss, opendal, plugfs, slow } from "../rows.ts";

/** Listings, of one folder and of a tree. */
export const LIST: readonly Bench[] = [
  {
    name: "list",
    shape: "A",
    unit: "keys",
    task: { operation: "list", key: "many", count: 100_000 },
    warm: { key: "few" },
    needs: [
      { tree: "many", files: 100_000, size: 0 },
      { tree: "few", files: 8_000, size: 0 },
    ],
    rows: [plugfs, slow(aliOss), opendal],
    goals: [{ row: "plugfs", measure: "cpu", than: "ali-oss", most: 0.15 }],
    traffic: true,
  },
  {
    name: "list tree",
    shape: "B",
    unit: "keys",
    task: { operation: "list", key: "folders", count: 64_000, concurrency: 16 },
    warm: { key: "few-folders" },
    needs: [
      { tree: "folders", files: 64_000, folders: 64, size: 0 },
      { tree: "few-folders", files: 8_000, folders: 8, size: 0 },
    ],
    rows: [
      plugfs,
      { ...plugfs, name: "plugfs, 16 folders at once", task: { operation: "list-folders" } },
      { ...aliOss, name: "ali-oss, page after page" },
    ],
    goals: [
      { row: "plugfs", than: "ali-oss, page after page", least: 4 },
      { row: "plugfs, 16 folders at once", than: "ali-oss, page after page", least: 4 },
    ],
    runs: 3,
    traffic: true,
  },
];
