import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { startOssServer } from "./server.ts";
import { ask } from "./support/ask.ts";

test("DeleteMultipleObjects: verbose, quiet, url-encoded, and what it refuses", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const ask_ = (body: string, query = "", md5 = createHash("md5").update(body).digest("base64")) =>
    ask(server, "POST", `/demo/?delete${query}`, { headers: md5 === "" ? {} : { "Content-MD5": md5 }, body });
  const keys = ["a&b", "c d", "\u0001"];
  const list = (names: string[]) =>
    names
      .map((name) => `<Object><Key>${name.replace("&", "&amp;").replace("\u0001", "&#x1;")}</Key></Object>`)
      .join("");
  for (const key of keys) await server.put("demo", key, "x");
  const verbose = await ask_(
    `<Delete><Quiet>false</Quiet>${list([...keys, "none"])}</Delete>`,
    "&encoding-type=url",
  );
  assert.equal(verbose.status, 200);
  assert.match(
    verbose.body.toString(),
    /<Deleted><Key>a%26b<\/Key><\/Deleted><Deleted><Key>c%20d<\/Key><\/Deleted><Deleted><Key>%01<\/Key><\/Deleted><Deleted><Key>none<\/Key><\/Deleted>/,
  );
  assert.deepEqual(server.keys("demo"), []);
  await server.put("demo", "q", "x");
  const quiet = await ask_(`<?xml version="1.0"?>\n<Delete>\n<Quiet>true</Quiet>\n${list(["q"])}\n</Delete>`);
  assert.deepEqual([quiet.status, quiet.body.length], [200, 0]);
  assert.deepEqual(server.keys("demo"), []);
  await server.put("demo", "safe", "x");
  const safe = list(["safe"]);
  for (const [body, code] of [
    [`<Delete>${safe}`, "MalformedXML"],
    [`<Delete>${safe}</Other>`, "MalformedXML"],
    [`<Other>${safe}</Other>`, "MalformedXML"],
    ["<Delete></Delete>", "MalformedXML"],
    [`<Delete><Quiet>test</Quiet>${safe}</Delete>`, "MalformedXML"],
    [`<Delete>${safe}<Object></Object></Delete>`, "MalformedXML"],
    [`<!DOCTYPE x [<!ENTITY k "safe">]><Delete><Object><Key>&k;</Key></Object></Delete>`, "MalformedXML"],
    [
      `<Delete>${safe}${list(Array.from({ length: 1000 }, (_, index) => `k${index}`))}</Delete>`,
      "MalformedXML",
    ],
    ["not xml at all", "MalformedXML"],
    ["", "MalformedXML"],
  ] as const) {
    const reply = await ask_(body);
    assert.deepEqual([reply.status, reply.code], [400, code], body.slice(0, 60));
  }
  assert.equal((await ask_(`<Delete>${safe}</Delete>`, "", "")).code, "MissingArgument");
  assert.equal(
    (await ask_(`<Delete>${safe}</Delete>`, "", Buffer.alloc(16).toString("base64"))).code,
    "InvalidDigest",
  );
  assert.deepEqual(server.keys("demo"), ["safe"]);
});
