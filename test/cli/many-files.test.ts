import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type OssHome, ossHome } from "./oss-home.ts";
import { plugfs } from "./plugfs.ts";

const FILES = 24_000;
/** So long that their names alone, held at once, would fill the heap that the command is given here. */
const LONG = "x".repeat(950);
const HEAP = { NODE_OPTIONS: "--max-old-space-size=30" };

let home: OssHome;
before(async () => {
  home = await ossHome();
  for (let i = 0; i < FILES; i++) await home.server.put("demo", `many/${i % 20}/${LONG}${i}`, "");
});
after(() => home[Symbol.asyncDispose]());

for (const [args, lines] of [
  [["ls", "-R", "oss://demo/many"], FILES + 20],
  [["rm", "-r", "--yes", "oss://demo/many"], 0],
] as const) {
  test(`${args.slice(0, 2).join(" ")} holds no more of a long listing than a page`, async () => {
    const { code, stdout, stderr } = await plugfs(args, { cwd: home.work, env: HEAP });
    assert.deepEqual([code, stderr.slice(0, 500)], [0, ""]);
    assert.equal(stdout.split("\n").length - 1, lines);
  });
}
