import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Environment, FileSystemError } from "plugfs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const schemes = { esm: 1, cjs: 2, ts: 3 };

describe.each([
  ["in the host's thread", {}],
  ["in workers", { "plugin.worker": "*" }],
])("plugins %s", (_where, configuration) => {
  let folder: string;
  let env: Environment;
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "vitest-host-"));
    env = await Environment.open({ home: import.meta.dirname, configuration, logger });
  });
  afterEach(async () => {
    await env.close();
    await rm(folder, { recursive: true });
  });

  test.each(Object.entries(schemes))("%s", async (scheme, answer) => {
    expect((await env.fs.stat(`${scheme}://host/x`)).size).toBe(answer);
    await env.plugins.reload(`${scheme}-fs`);
    expect((await env.fs.stat(`${scheme}://host/x`)).size).toBe(answer);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  test("all at once, in two environments", async () => {
    const other = await Environment.open({ home: import.meta.dirname, configuration, logger });
    const sizes = (which: Environment) =>
      Promise.all(Object.keys(schemes).map(async (scheme) => (await which.fs.stat(`${scheme}://h/x`)).size));
    expect(await Promise.all([sizes(env), sizes(other)])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    await other.close();
  });

  test("files, jobs and errors are what they are elsewhere", async () => {
    const file = join(folder, "in.txt");
    await env.fs.writeFile(file, "a\nb\nc\n");
    env
      .readTextFile(file)
      .filter((line) => line !== "b")
      .writeAsText(join(folder, "out.txt"));
    await env.execute("without b");
    expect(await env.fs.readFile(join(folder, "out.txt"), "utf8")).toBe("a\nc\n");
    const fs = await env.fileSystem("esm://host");
    const refused = await fs.createRecoverableWriter().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FileSystemError);
    expect(refused).toMatchObject({ code: "ENOTSUP" });
  });
});
