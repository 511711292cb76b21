import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { chooseHome, nearestHome } from "./home.ts";

test("the nearest folder upwards with conf/ and plugins/ is the home", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  for (const name of ["conf", "plugins", "a/plugins", "a/b/conf", "a/b/plugins", "a/b/c/d"]) {
    await mkdir(at(name), { recursive: true });
  }
  assert.equal(nearestHome(at("a/b/c/d")).home, at("a/b"));
  assert.equal(nearestHome(at("a")).home, folder.path);
});

test("a home of another user is passed over, with a warning that names it", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  for (const name of ["conf", "plugins", "below"]) await mkdir(at(name));
  const somebody = (process.getuid?.() ?? 0) + 1;
  // Root may own everything here, and root is trusted.
  const isRoot = process.getuid?.() === 0;
  assert.deepEqual(
    nearestHome(at("below"), somebody),
    isRoot ? { home: folder.path, foreign: [] } : { foreign: [folder.path] },
  );

  const warnings: string[] = [];
  assert.equal(
    chooseHome(at("below"), (message) => warnings.push(message)),
    folder.path,
  );
  assert.deepEqual(warnings, []);
});
