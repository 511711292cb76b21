/**
 * The gateway under autocannon: reads, ranges, listings, writes and deletes at once. No wrong byte, nothing left when it is
 * over, memory bounded. 3 seconds and 20 connections; with `PLUGFS_SOAK=1` 60 seconds and 200.
 *
 * With `OSS_ENDPOINT`, `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET` and `OSS_BUCKET` the files are on OSS; in plugfs'
 * repository `npm run check-examples` sets them to a server that fails now and then. Without, in a temporary folder.
 */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { content, isVersion, load, SHARED } from "./load.js";

const soak = process.env.PLUGFS_SOAK === "1";
const seconds = soak ? 60 : 3;
const connections = soak ? 200 : 20;
/** Bytes: all that the process may take, and what OSS transfers may; of that an eighth is kept for reuse. */
const MEMORY = 512 * 2 ** 20;
const TRANSFERS = 64 * 2 ** 20;

const { OSS_ENDPOINT, OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_BUCKET } = process.env;

test(`${seconds} s of load on ${connections} connections`, { timeout: 300_000 }, async (t) => {
  const home = await realpath(await mkdtemp(join(tmpdir(), "gateway-load-")));
  const folder = OSS_ENDPOINT === undefined ? `file://${home}` : `oss://${OSS_BUCKET}/load`;
  if (OSS_ENDPOINT !== undefined) {
    const plugfs = dirname(createRequire(import.meta.url).resolve("plugfs/package.json"));
    await cp(join(plugfs, "opt/oss-fs"), join(home, "plugins/oss-fs"), { recursive: true });
    await mkdir(join(home, "conf"));
    const keys = {
      "fs.oss.endpoint": OSS_ENDPOINT,
      "fs.oss.accessKeyId": OSS_ACCESS_KEY_ID,
      "fs.oss.accessKeySecret": OSS_ACCESS_KEY_SECRET,
      "fs.oss.transfer.memory": `${TRANSFERS} b`,
    };
    const lines = Object.entries(keys).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    await writeFile(join(home, "conf/config.yaml"), lines.join(""));
  }
  const host = fork(fileURLToPath(new URL("./load-host.js", import.meta.url)), [home, folder], {
    execArgv: ["--expose-gc"],
  });
  const answer = async () => (await once(host, "message"))[0];
  const measure = () => {
    const answered = answer();
    host.send("measure");
    return answered;
  };
  try {
    const { port } = await answer();
    const url = (name) => `http://127.0.0.1:${port}/f/${folder}/${name}`;
    for (const name of ["whole", "parts"]) {
      await until(() => fetch(url(name), { method: "PUT", body: content(name, 1, SHARED) }));
    }

    /** What is held once every stream has ended and idle connections are closed. */
    const atRest = async (handles = Number.POSITIVE_INFINITY) => {
      let seen = await measure();
      for (let calm = 0, turns = 0; calm < 20 && turns < 600; turns++) {
        await delay(100);
        const next = await measure();
        const same = next.handles === seen.handles && next.streams === 0 && next.handles <= handles;
        calm = same ? calm + 1 : 0;
        seen = next;
      }
      return seen;
    };

    await load({ url, connections, seconds: Math.max(3, seconds / 2), run: "before" });
    const before = await atRest();
    const { wrong, files, right, refused, broken, timeouts, result } = await load({
      url,
      connections,
      seconds,
      run: "run",
    });
    const after = await atRest(before.handles);
    t.diagnostic(
      JSON.stringify({
        requests: result.requests.total,
        perSecond: Math.round(right / result.duration),
        read: result.throughput.total,
        ...{ p50: result.latency.p50, p99: result.latency.p99 },
        ...{ right, refused, broken, timeouts, wrong: wrong.length },
        ...{ before, after },
      }),
    );

    assert.deepEqual(wrong, []);
    assert.ok(right > connections, "most requests succeed");
    const failed = Object.values(refused).reduce((sum, count) => sum + count, broken + timeouts);
    assert.ok(failed < right / 20, `${failed} of ${right} requests failed`);
    // What is there in the end is what was put, whole.
    for (const file of files) {
      const { status, text } = await until(() => fetch(url(file.name)));
      assert.ok(isVersion(file, status, text), file.name);
    }
    assert.equal(after.streams, 0);
    assert.ok(after.heap <= before.heap * 1.05, `heap was ${before.heap} bytes, is ${after.heap}`);
    assert.ok(after.buffers <= TRANSFERS / 8 + 2 ** 22, `${after.buffers} bytes of buffers are kept`);
    assert.ok(after.handles <= before.handles * 1.05, `handles were ${before.handles}, are ${after.handles}`);
    assert.ok(after.resident <= MEMORY, `${after.resident} bytes resident`);
  } finally {
    const ended = once(host, "exit");
    host.disconnect();
    assert.deepEqual(await ended, [0, null], "the gateway ends by itself");
    await rm(home, { recursive: true });
  }
});

/** The store may fail, and break an answer off; then once more. */
async function until(request) {
  for (let attempt = 1; ; attempt++) {
    const response = await request();
    const text = await response.text().catch(() => undefined);
    if ((response.status < 500 && text !== undefined) || attempt === 10)
      return { status: response.status, text };
  }
}
