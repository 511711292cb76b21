import { test } from "node:test";
import { type OssServer, type OssServerOptions, startOssServer } from "../server.ts";

export type Start = (options?: OssServerOptions) => Promise<OssServer>;

/** A test that has to hold over node:http and over bare sockets. */
export function both(name: string, body: (start: Start) => Promise<void>): void {
  test(`${name} (node:http)`, () => body(startOssServer));
  test(`${name} (lean)`, () => body((options) => startOssServer({ ...options, lean: true })));
}
