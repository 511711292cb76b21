import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { type Option, option } from "plugfs";
import { KEYS } from "./keys.ts";

const OPTIONS: readonly Option<unknown>[] = Object.values(KEYS);

async function readText(name: string): Promise<string> {
  return await readFile(new URL(`../${name}`, import.meta.url), "utf8");
}

test("the README's table names exactly the keys that are honoured, with their defaults", async () => {
  const [, table = ""] = (await readText("README.md")).split(/^## Keys$|^## Credentials$/m);
  const rows = [...table.matchAll(/^\| `(fs\.oss\.[^`]+)` \| ([^|]+) \|/gm)];
  assert.deepEqual(
    rows.map(([, key]) => key),
    OPTIONS.map(({ key }) => key),
  );
  const size = option.memory("any");
  for (const [i, [, key, cell = ""]] of rows.entries()) {
    const known = OPTIONS[i] as Option<unknown>;
    const text = cell.replaceAll("`", "").replace(/ ([KMG])iB$/, " $1b");
    const isSize = text !== cell && /b$/.test(text);
    // What has no default is told in words.
    if (known.default === undefined) assert.match(text, /[A-Za-z]{2}/, key);
    else assert.deepEqual(isSize ? size.parse(text) : known.parse(text), known.default, key);
  }
});

test("the manifest declares exactly the keys that are honoured, as they are", async () => {
  const { plugfs } = JSON.parse(await readText("package.json")) as { plugfs: { options: object } };
  const declared = Object.entries(plugfs.options).map(([key, { default: text, values = [], ...more }]) => {
    const known = OPTIONS.find((one) => one.key === key);
    for (const value of values) assert.equal(known?.parse(value), value, key);
    assert.equal(values.length > 0, more.type === "enum", key);
    return {
      key,
      secret: false,
      ...more,
      default: text === undefined ? undefined : known?.parse(String(text)),
    };
  });
  const honoured = OPTIONS.map(({ key, type, doc, secret, default: value }) => {
    return { key, secret, type, doc, default: value };
  });
  assert.deepEqual(declared, honoured);
});

test("every key has a doc, and those that hold secrets are secret", () => {
  for (const { key, doc } of OPTIONS) assert.notEqual(doc, "", key);
  assert.equal(KEYS.accessKeySecret.secret, true);
  assert.equal(KEYS.securityToken.secret, true);
});
