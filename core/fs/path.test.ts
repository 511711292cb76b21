import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { anyCharacter } from "../../test/support/any-character.ts";
import { Path } from "./path.ts";

/** One segment of a remote key: any Unicode but what a segment cannot be. */
const segment = fc
  .oneof(
    fc.string({ unit: anyCharacter, minLength: 1 }),
    fc.string({ minLength: 1 }),
    fc.string({
      unit: fc.constantFrom("%", "?", "#", "+", "\\", " ", "@", ":", ".", "2", "F", "中", "😀", "é", "\n"),
      minLength: 1,
    }),
  )
  .map((text) => text.replaceAll("/", "_"))
  .filter((text) => text !== "." && text !== "..");
const key = fc.array(segment, { maxLength: 5 }).map((segments) => segments.join("/"));
const scheme = fc.constantFrom("oss", "mem", "s3a", "x-y.z+1");
const authority = fc.constantFrom("bucket", "my-bucket", "host:8020", "[::1]:80", "b%41", "");
const remote = fc.tuple(scheme, authority, key).map(([s, a, k]) => Path.unsafe(s, a, k));
const local = fc
  .array(
    segment.map((text) => text.replaceAll("\0", "0")),
    { maxLength: 5 },
  )
  .map((segments) => Path.unsafe("file", "", `/${segments.join("/")}`));
const anyPath = fc.oneof(remote, local);

test("parse reads back what toString writes, to an equal path", () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const again = Path.parse(path.toString());
      assert.ok(again.equals(path), `${inspect(again)} is ${inspect(path)}`);
      assert.equal(again.toString(), path.toString());
      assert.equal(JSON.stringify(path), JSON.stringify(path.toString()));
    }),
    { numRuns: 500 },
  );
});

test("after the authority every character is literal", () => {
  fc.assert(
    fc.property(scheme, key, (s, k) => {
      fc.pre(k !== "");
      const path = Path.parse(`${s.toUpperCase()}://bucket/${k}`);
      assert.deepEqual([path.scheme, path.authority, path.key], [s, "bucket", k]);
      assert.equal(Path.parse(`${s}://bucket/${k}/`).key, k, "one slash at the end is dropped");
    }),
  );
  assert.equal(Path.parse("oss://b/a%2Fb?c=d#e+f\\g h@i").key, "a%2Fb?c=d#e+f\\g h@i");
});

test("child and parent undo each other, and name is the last segment", () => {
  fc.assert(
    fc.property(
      anyPath,
      segment.filter((name) => !name.includes("\0")),
      (path, name) => {
        const child = path.child(name);
        assert.equal(child.name, name);
        assert.ok(child.parent?.equals(path));
        assert.ok(child.startsWith(path));
        assert.ok(!path.startsWith(child));
        assert.ok(!child.equals(path));
        assert.ok(Path.parse(child.toString()).equals(child));
      },
    ),
  );
});

test("a child of several segments is the child of a child", () => {
  fc.assert(
    fc.property(remote, segment, segment, (path, one, two) => {
      assert.ok(path.child(`${one}/${two}`).equals(path.child(one).child(two)));
    }),
  );
});

test("every path but a root has a parent, and the way up ends at the root", () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      let steps = 0;
      let at = path;
      for (let up = at.parent; up !== null; up = at.parent) {
        assert.ok(path.startsWith(up));
        at = up;
        steps += 1;
      }
      assert.equal(at.key, path.scheme === "file" ? "/" : "");
      assert.equal(steps, path.key.split("/").filter((part) => part !== "").length);
    }),
  );
});

test("startsWith goes by segments, and is a partial order", () => {
  assert.ok(Path.parse("oss://b/a/b").startsWith(Path.parse("oss://b/a")));
  assert.ok(!Path.parse("oss://b/ab").startsWith(Path.parse("oss://b/a")));
  assert.ok(!Path.parse("oss://b/a").startsWith(Path.parse("oss://c/")));
  assert.ok(!Path.parse("oss://b/a").startsWith(Path.parse("mem://b/")));
  assert.ok(Path.parse("/a").startsWith(Path.parse("/")));
  assert.ok(!Path.parse("/ab").startsWith(Path.parse("/a")));
  const few = fc
    .array(fc.constantFrom("a", "b"), { maxLength: 3 })
    .map((s) => Path.unsafe("oss", "b", s.join("/")));
  fc.assert(
    fc.property(few, few, few, (a, b, c) => {
      assert.ok(a.startsWith(a));
      if (a.startsWith(b) && b.startsWith(a)) assert.ok(a.equals(b));
      if (a.startsWith(b) && b.startsWith(c)) assert.ok(a.startsWith(c));
    }),
  );
});

test("an empty, . or .. segment is refused by name, never rewritten", () => {
  const bad = fc.constantFrom("", ".", "..");
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 2 }),
      bad,
      fc.array(segment, { minLength: 1, maxLength: 2 }),
      (before, odd, after) => {
        const text = `oss://bucket/${[...before, odd, ...after].join("/")}`;
        assert.throws(
          () => Path.parse(text),
          (error: Error & { code?: string; path?: string }) => {
            assert.equal(error.code, "EINVAL");
            assert.equal(error.path, text);
            assert.ok(
              error.message.includes(odd === "" ? "empty segment" : `"${odd}" segment`),
              error.message,
            );
            return true;
          },
        );
      },
    ),
  );
  for (const text of ["oss://b//", "oss://b//a", "oss://b/a//", "oss://b/a/..", "oss://b/.", "oss://b/./"]) {
    assert.throws(() => Path.parse(text), { code: "EINVAL", path: text });
  }
  for (const name of ["", ".", "..", "/a", "a/", "a//b", "a/../b"]) {
    for (const root of ["oss://b/x", "/x"]) {
      assert.throws(() => Path.parse(root).child(name), { code: "EINVAL" }, `${root} ${name}`);
    }
  }
});

test("the root of an authority is written with or without its slash", () => {
  for (const text of ["oss://bucket", "oss://bucket/", "OSS://bucket"]) {
    const root = Path.parse(text);
    assert.deepEqual([root.key, root.name, root.parent, `${root}`], ["", "", null, "oss://bucket"]);
  }
});

test("local paths follow node:path", () => {
  const cases: [string, string][] = [
    ["/a/b", "/a/b"],
    ["file:///a/b", "/a/b"],
    ["FILE:/a/b", "/a/b"],
    ["file:a/b", resolve("a/b")],
    ["a/../b/./c/", resolve("b/c")],
    ["/../..//x", "/x"],
    ["/a%20b?c#d", "/a%20b?c#d"],
    ["file:///a%20b?c#d", "/a%20b?c#d"],
    ["a:b", resolve("a:b")],
    ["file:///", "/"],
    ["file://", "/"],
  ];
  for (const [text, expected] of cases) {
    const path = Path.parse(text);
    assert.deepEqual([path.scheme, path.authority, path.key], ["file", "", expected], text);
  }
  assert.equal(Path.parse("/").parent, null);
  assert.equal(`${Path.parse("/a").parent}`, "file:///");
});

test("what is no path is refused with what to write", () => {
  const cases: [unknown, RegExp][] = [
    ["", /the path is empty/],
    ["file:", /the path is empty/],
    ["file://dir/x", /no authority.*Write file:\/\/\/dir\/x/],
    ["oss:/bucket/x", /one slash.*Write oss:\/\/…, or \.\/oss:\/…/],
    ["oss://buck et/x", /its authority .* holds a blank/],
    ["oss://bucket?a=b", /its authority/],
    ["oss://bucket:port/x", /not a port/],
    ["/a\0b", /NUL character.*'\/a\\0b'/],
    ["oss://b/\ud800", /not valid Unicode/],
    ["/\udc00", /not valid Unicode/],
    [undefined, /a string, a URL or a Path/],
    [{ scheme: "oss" }, /a string, a URL or a Path/],
  ];
  for (const [given, message] of cases) {
    assert.throws(
      () => Path.parse(given as string),
      { name: "FileSystemError", code: "EINVAL", message },
      String(given),
    );
  }
  assert.throws(() => Path.parse("/a").child("b\0c"), { code: "EINVAL", message: /NUL/ });
  assert.throws(() => Path.parse("oss://b/a").child("\ud800"), { code: "EINVAL", message: /Unicode/ });
});

test("a URL is percent-decoded once", () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const url = new URL(`oss://bucket/${segments.map(encodeURIComponent).join("/")}`);
      assert.equal(Path.parse(url).key, segments.join("/"));
    }),
  );
  assert.equal(Path.parse(new URL("oss://b/a%2541")).key, "a%41");
  assert.equal(Path.parse(new URL("file:///a%20b%3F")).key, "/a b?");
  assert.equal(Path.parse(new URL("oss://b/a b#".slice(0, -1))).key, "a b");
});

test("a URL with a query or a fragment, even an empty one, or wrong encoding is refused", () => {
  for (const text of ["oss://b/x?canary=1", "oss://b/x#canary", "oss://b/x?", "oss://b/x#"]) {
    assert.throws(
      () => Path.parse(new URL(text)),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "EINVAL");
        assert.match(error.message, /query or a fragment.*'oss:\/\/b\/x'.*Pass the path as a string/);
        assert.doesNotMatch(error.message, /canary/);
        return true;
      },
    );
  }
  for (const text of ["oss://b/%", "oss://b/%ff", "oss://b%2Fc/x"]) {
    assert.throws(() => Path.parse(new URL(text)), { code: "EINVAL" }, text);
  }
});

test("user names and passwords are refused and never shown", () => {
  const texts = [
    "oss://canary:word@bucket/x",
    "OSS://canary@bucket/x",
    "oss://canary:wo/rd@bucket/x",
    "oss:/canary:word@bucket/x",
    "file://canary:word@host/x",
    "oss://canary%40word@bucket",
  ];
  const urls = ["oss://canary:word@bucket/x", "http://canary@host/x?y", "oss://canary%40bucket/x"].map(
    (t) => new URL(t),
  );
  for (const given of [...texts, ...urls]) {
    assert.throws(
      () => Path.parse(given),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "EINVAL");
        assert.doesNotMatch(inspect(error, { showHidden: true, depth: 9 }) + JSON.stringify(error), /canary/);
        return true;
      },
    );
  }
});

test("a Path is frozen, and parse gives it back as it is", () => {
  const path = Path.parse("oss://b/x");
  assert.equal(Path.parse(path), path);
  assert.throws(() => Object.assign(path, { key: "y" }), TypeError);
});

test("whatever text comes in, it is read or refused with EINVAL", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("o", ":", "/", "@", ".", "?", "%", "\\", "[", "]", " ", "\0", "\ud800"),
      }),
      (text) => {
        try {
          const path = Path.parse(text);
          assert.ok(Path.parse(path.toString()).equals(path));
        } catch (error) {
          assert.equal((error as { code?: string }).code, "EINVAL", String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
