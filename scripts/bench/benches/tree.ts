import type { Bench } from "../bench.ts";
import { aliOss, opendal, plugfs } from "../rows.ts";

const FILES = 10_000;
const tree: Pick<Bench, "unit" | "needs" | "runs" | "proof" | "traffic"> = {
  unit: "files",
  needs: [{ tree: "tree", files: FILES, size: 0, again: true }],
  runs: 3,
  proof: { tree: "tree", files: FILES },
  traffic: true,
};
/** One by one it would take minutes, so its rate is that of the first 200. */
const oneByOne = { ...aliOss, name: "ali-oss, one by one (200)", task: { count: 200 } };

/** A folder of 10,000 empty files. */
export const TREE: readonly Bench[] = [
  {
    ...tree,
    name: "tree delete",
    shape: "B",
    task: { operation: "delete-tree", key: "tree", count: FILES },
    rows: [plugfs, oneByOne, opendal],
    goals: [{ row: "plugfs", than: oneByOne.name, least: 5 }],
  },
  {
    ...tree,
    name: "tree rename",
    shape: "B",
    task: { operation: "rename-tree", key: "tree", target: "renamed", count: FILES },
    rows: [plugfs, oneByOne],
    goals: [{ row: "plugfs", than: oneByOne.name, least: 5 }],
  },
];
