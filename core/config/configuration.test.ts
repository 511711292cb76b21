import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { serialize } from "node:v8";
import fc from "fast-check";
import { Configuration } from "./configuration.ts";
import { type Option, option } from "./option.ts";

test("an option is its value, parsed, else its default", () => {
  const configuration = Configuration.of({
    text: " a ",
    count: "3",
    ratio: 0.5,
    on: true,
    wait: "2 s",
    size: "64 kb",
    items: ["x", "y;z"],
    mode: "overwrite",
  });
  assert.equal(configuration.get(option.string("text")), " a ");
  assert.equal(configuration.get(option.integer("count", { default: 1 })), 3);
  assert.equal(configuration.get(option.number("ratio")), 0.5);
  assert.equal(configuration.get(option.boolean("on", { default: false })), true);
  assert.equal(configuration.get(option.duration("wait")), 2000);
  assert.equal(configuration.get(option.memory("size")), 65_536);
  assert.deepEqual(configuration.get(option.list("items")), ["x", "y;z"]);
  assert.equal(configuration.get(option.enumeration("mode", ["NO_OVERWRITE", "OVERWRITE"])), "OVERWRITE");
  assert.equal(configuration.get(option.integer("absent", { default: 7 })), 7);
  assert.equal(configuration.get(option.integer("absent")), undefined);
});

test("older keys are tried in order, layer by layer", () => {
  const dir = option.string("new", { fallbackKeys: ["old", "older"] });
  assert.equal(Configuration.of({ older: "3", old: "2" }).get(dir), "2");
  assert.equal(Configuration.of({ older: "3", old: "2", new: "1" }).get(dir), "1");
  assert.ok(Configuration.of({ older: "3" }).has(dir));
  assert.ok(!Configuration.of({ oldest: "3" }).has(dir));
  const file = Configuration.of({ new: "file" }, "conf/config.yaml:1");
  assert.equal(Configuration.of({ old: "command" }, "-D").over(file).get(dir), "command");
});

test("a layer lies over another, and each value knows its source", () => {
  const file = Configuration.of({ a: "1", b: "1" }, "conf/config.yaml:1");
  const both = Configuration.of({ b: "2", c: "2" }).over(file);
  assert.deepEqual({ ...both.toJSON() }, { a: "1", b: "2", c: "2" });
  assert.equal(both.source("a"), "conf/config.yaml:1");
  assert.equal(both.source("b"), "option");
  assert.equal(both.source("d"), "default");
  assert.equal(file.raw("b"), "1", "the lower layer is as it was");
});

test("keys are those with the prefix, sorted, each once", () => {
  const lower = Configuration.of({ fs: { oss: { b: 1, a: 2 } }, z: 0 });
  const both = Configuration.of({ "fs.oss.b": 3, "fs.ossx": 1 }).over(lower);
  assert.deepEqual([...both.keys("fs.oss.")], ["fs.oss.a", "fs.oss.b"]);
  assert.deepEqual([...both.keys()], ["fs.oss.a", "fs.oss.b", "fs.ossx", "z"]);
});

test("nested records are flattened: the same keys whichever way they are written", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "-", "7"), minLength: 1, maxLength: 4 });
  const leaf = fc.oneof(fc.string(), fc.boolean(), fc.integer());
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(name, fc.oneof({ depthSize: "small" }, leaf, tie("tree")), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(tree, (record) => {
      const nested = Configuration.of(record as Record<string, unknown>);
      const flat = Configuration.of(
        Object.fromEntries([...nested.keys()].map((key) => [key, nested.raw(key)])),
      );
      assert.deepEqual(flat.toJSON(), nested.toJSON());
      for (const key of nested.keys()) {
        const value = key
          .split(".")
          .reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], record);
        assert.equal(nested.raw(key), String(value));
      }
    }),
  );
});

test("undefined and null mean not set; what has no text is refused by key", () => {
  assert.deepEqual([...Configuration.of({ a: undefined, b: null, c: { d: null } }).keys()], []);
  const cycle: Record<string, unknown> = {};
  cycle.self = { again: cycle };
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ a: { b: () => 1 } }, /^a\.b: a value of type function is not a setting/],
    [{ a: new Date(0) }, /^a: a value of type object/],
    [{ a: [[1]] }, /^a: a list in a list/],
    [{ a: [{ b: 1 }] }, /^a: an object in a list/],
    [{ a: Symbol("s") }, /^a: a value of type symbol/],
    [{ " a": 1 }, /a name that is empty or has blanks around it/],
    [cycle, /^self\.again: an object that contains itself/],
    [new Map([["a", 1]]) as unknown as Record<string, unknown>, /^the configuration is not a setting/],
  ];
  for (const [record, message] of refused) {
    assert.throws(() => Configuration.of(record), {
      name: "ConfigurationError",
      code: "ERR_CONFIG_VALUE",
      message,
    });
  }
});

test("names that JavaScript objects have of their own are ordinary keys", () => {
  const configuration = Configuration.of(JSON.parse('{"__proto__":"p","constructor":"c","toString":"t"}'));
  assert.equal(configuration.get(option.string("__proto__")), "p");
  assert.equal(configuration.get(option.string("valueOf")), undefined);
  assert.equal(JSON.stringify(configuration), '{"__proto__":"p","constructor":"c","toString":"t"}');
});

test("a value that does not fit is refused by key, source, what is expected and what was given", () => {
  const configuration = Configuration.of({ "fs.oss.connection.maximum": "many" }, "conf/config.yaml:3");
  assert.throws(() => configuration.get(option.integer("fs.oss.connection.maximum", { min: 1 })), {
    name: "ConfigurationError",
    code: "ERR_CONFIG_VALUE",
    key: "fs.oss.connection.maximum",
    source: "conf/config.yaml:3",
    message: 'fs.oss.connection.maximum: expected an integer, at least 1, got "many" (conf/config.yaml:3)',
  });
  assert.throws(() => configuration.get(option.enumeration("fs.oss.connection.maximum", ["a", "b"])), {
    message: /expected one of a, b, got "many"/,
  });
  assert.throws(() => Configuration.of({ a: "x".repeat(10_000) }).get(option.boolean("a")), {
    message: /^.{1,200}$/,
  });
  const older = option.integer("new", { fallbackKeys: ["old"] });
  assert.throws(() => Configuration.of({ old: "x" }).get(older), { key: "old" });
});

test("a required option that is not set, or empty, is named with what to set", () => {
  const endpoint = option.string("fs.oss.endpoint", { doc: "the region's endpoint" });
  assert.throws(() => Configuration.of({}).require(endpoint), {
    code: "ERR_CONFIG_MISSING",
    key: "fs.oss.endpoint",
    message: "fs.oss.endpoint is not set. Set it in the configuration: the region's endpoint",
  });
  assert.throws(() => Configuration.of({ "fs.oss.endpoint": "" }).require(endpoint, "Set it to a host"), {
    code: "ERR_CONFIG_MISSING",
    message: "fs.oss.endpoint is empty (option). Set it to a host",
  });
  assert.equal(Configuration.of({ "fs.oss.endpoint": "h" }).require(endpoint), "h");
  assert.equal(Configuration.of({}).require(option.integer("n", { default: 0 })), 0);
});

/** Everything that a program might print of a configuration, or of an error that it threw. */
function prints(configuration: Configuration, options: readonly Option<unknown>[]): string {
  const errors = options.flatMap((one) => {
    try {
      configuration.get(one);
      return [];
    } catch (error) {
      return [error as Error];
    }
  });
  return [configuration, { nested: [configuration] }, ...errors]
    .flatMap((value: object) => [
      String(value),
      JSON.stringify(value),
      inspect(value, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
      `${Object.entries(value)}`,
      inspect(structuredClone(value)),
      serialize(value).toString("latin1"),
      value instanceof Error ? `${value.stack} ${inspect(value.cause)}` : "",
    ])
    .join("\n");
}

test("a secret is in nothing that prints", () => {
  const word = fc.constantFrom(
    "accessKeySecret",
    "PASSWORD",
    "securityToken",
    "api-key",
    "api_key",
    "apiKey",
    "credential",
  );
  const prefix = fc.constantFrom("", "fs.oss.", "x.y_");
  const canary = fc.stringMatching(/^[a-z]{6}[%@*#:;"' -~]{0,8}$/).map((tail) => `canary${tail}`);
  const throwing: (key: string) => Option<unknown> = (key) => ({
    ...option.string(key),
    parse: (text) => JSON.parse(text),
  });
  fc.assert(
    fc.property(prefix, word, fc.constantFrom("", ".id", "File"), canary, (before, name, after, secret) => {
      const key = `${before}${name}${after}`;
      const configuration = Configuration.of({
        declared: secret,
        "by.option": secret,
        plain: "shown",
        [key]: secret,
      })
        .withSecrets(["declared", "by.option"])
        .over(Configuration.of({ below: 1 }));
      const asked = [key, "declared"].flatMap((k) => [option.integer(k), option.list(k), throwing(k)]);
      const hidden = option.duration("by.option", { secret: true });
      const older = option.integer("new.name", { fallbackKeys: [key] });
      const printed = prints(configuration, [...asked, hidden, older, option.boolean("plain")]);
      assert.ok(!printed.includes("canary"), printed);
      assert.ok(printed.includes("shown"), "what is not secret is printed");
      assert.ok(printed.includes("******"));
      assert.equal(configuration.get(option.string(key)), secret, "and the program gets it");
    }),
    { numRuns: 50 },
  );
});

test("an option declared secret is not quoted, whatever its name", () => {
  const pin = option.integer("pin", { secret: true });
  assert.throws(() => Configuration.of({ pin: "canary" }).get(pin), {
    message: "pin: its value is not of type integer (option)",
  });
});

test("user names and passwords in a URL are left out", () => {
  const cases: [string, string][] = [
    ["http://canary:word@proxy:8080/x", "http://******@proxy:8080/x"],
    ["http://canary@proxy", "http://******@proxy"],
    ["http://me:canary/#?x@proxy", "http://******@proxy"],
    ["oss://bucket/mail@host", "oss://bucket/mail@host"],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000"],
  ];
  for (const [given, shown] of cases) assert.equal(Configuration.of({ proxy: given }).toJSON().proxy, shown);
  assert.throws(() => Configuration.of({ proxy: "http://u:canary@h" }).get(option.integer("proxy")), {
    message: /got "http:\/\/\*{6}@h"/,
  });
});
