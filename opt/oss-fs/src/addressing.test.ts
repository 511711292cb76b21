/** Where the bucket stands in a request: seen by a proxy, which needs no name server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openFileSystem, path } from "../test/support.ts";

test("the bucket is in the host's name, in the path, or in neither", async () => {
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    const { host } = new URL(request.url ?? "");
    assert.equal(request.headers.host, host);
    seen.push(request.url ?? "");
    response.writeHead(200, { ETag: '"x"', "Content-Length": 1 }).end();
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const through = {
    "fs.oss.proxy.host": "127.0.0.1",
    "fs.oss.proxy.port": (proxy.address() as AddressInfo).port,
    "fs.oss.connection.secure.enabled": false,
  };
  try {
    for (const [endpoint, keys, expected] of [
      ["oss-cn-hangzhou.aliyuncs.com", {}, "http://bucket.oss-cn-hangzhou.aliyuncs.com/d/k"],
      [
        "http://oss-cn-beijing-internal.aliyuncs.com",
        {},
        "http://bucket.oss-cn-beijing-internal.aliyuncs.com/d/k",
      ],
      ["static.example.com", {}, "http://static.example.com/d/k"],
      [
        "static.example.com",
        { "fs.oss.cname.support.enabled": false },
        "http://bucket.static.example.com/d/k",
      ],
      ["static.example.com:81", { "fs.oss.usePathStyle": true }, "http://static.example.com:81/bucket/d/k"],
      [
        "static.example.com",
        { "fs.oss.second.level.domain.enable": true },
        "http://static.example.com/bucket/d/k",
      ],
      ["10.0.0.1:9000", { "fs.oss.usePathStyle": true }, "http://10.0.0.1:9000/bucket/d/k"],
      [
        "oss-cn-hangzhou.aliyuncs.com",
        { "fs.oss.bucket.bucket.endpoint": "oss-us-west-1.aliyuncs.com" },
        "http://bucket.oss-us-west-1.aliyuncs.com/d/k",
      ],
    ] as const) {
      const account = { endpoint, accessKeyId: "id", accessKeySecret: "secret" };
      const fs = await openFileSystem(account, { ...through, ...keys });
      await fs.getFileStatus(path("d/k"));
      await fs.close();
      assert.equal(seen.pop(), expected);
    }
    assert.deepEqual(seen, []);
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
});
