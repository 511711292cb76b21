import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fromSource } from "../support/from-source.ts";
import type { OssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";

const COMMAND = fileURLToPath(new URL("../../scripts/oss-server.ts", import.meta.url));
const NODE = [...fromSource, COMMAND];

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`the command prints one line of JSON, serves, and stops on ${signal}`, async () => {
    const options =
      "--bucket demo --bucket more --access-key-id ID --access-key-secret HUSH --region cn-beijing";
    const child = spawn(process.execPath, [...NODE, ...options.split(" "), "--latency", "1", "--tls"]);
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const told = JSON.parse(line);
    assert.match(told.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.match(told.ca, /^-----BEGIN CERTIFICATE-----/);
    assert.deepEqual([told.buckets, told.accessKeyId, told.region], [["demo", "more"], "ID", "cn-beijing"]);
    const { Agent } = await import("node:https");
    const httpsAgent = new Agent({ ca: told.ca });
    const client = aliOss({ ...told, accessKeySecret: "HUSH" } as OssServer, {
      ...{ httpsAgent, authorizationV4: true, region: "oss-cn-beijing", sldEnable: true },
      endpoint: `https://localhost:${told.port}`,
    });
    await client.put("a", Buffer.from("x"));
    const exited = once(child, "exit");
    child.kill(signal);
    assert.deepEqual(await exited, [0, null]);
    assert.equal(output.trim().split("\n").length, 1);
    assert.ok(!output.includes("HUSH"));
  });
}

test("wrong usage is told on stderr, with exit code 2", async () => {
  const wrong = [
    [["--nope"], /--nope/],
    [["--port", "many"], /--port has to be a number, not "many"/],
    [["--bucket", "No"], /bucket is not valid/],
  ] as const;
  await Promise.all(
    wrong.map(async ([args, text]) => {
      const child = spawn(process.execPath, [...NODE, ...args]);
      const exited = once(child, "exit");
      const [stdout, stderr = ""] = await Promise.all([child.stdout, child.stderr].map(readText));
      assert.deepEqual(await exited, [2, null]);
      assert.equal(stdout, "");
      assert.match(stderr, text);
      assert.match(stderr, /Usage:/);
    }),
  );
});

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
