import { MIB, type Row } from "./bench.ts";

const at = (parts: number): NonNullable<Row["fixed"]> => ({ part: 8 * MIB, parts });

/** What c connections with one part of 8 MiB each at a time can move in shape C: bytes per second. */
export const ceiling = (parts: number): number => (parts * 8 * MIB) / ((8 * MIB) / 50e6 + 0.02);

export const plugfs: Row = { name: "plugfs", tool: "plugfs" };
export const plugfs8: Row = { name: "plugfs 8 × 8 MiB", tool: "plugfs", fixed: at(8) };
export const plugfs16: Row = { name: "plugfs 16 × 8 MiB", tool: "plugfs", fixed: at(16) };
export const aliOss: Row = { name: "ali-oss", tool: "ali-oss" };
export const opendal: Row = { name: "opendal", tool: "opendal" };
export const opendal8: Row = { name: "opendal 8 × 8 MiB", tool: "opendal", fixed: at(8) };
export const opendal16: Row = { name: "opendal 16 × 8 MiB", tool: "opendal", fixed: at(16) };
export const limit: Row = { name: "limit", tool: "raw" };
export const limit1: Row = { name: "limit, 1 socket", tool: "raw" };
export const limit16: Row = { name: "limit, 16 sockets", tool: "raw", fixed: at(16) };
export const slow = (row: Row, runs = 3): Row => ({ ...row, runs });
