import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openFileSystem, path } from "../test/support.ts";

/** Servers whose certificate is trusted as an authority, and still must not be talked to. */
for (const [name, told] of [
  ["expired", /CERT_HAS_EXPIRED/],
  ["wrong-host", /ERR_TLS_CERT_ALTNAME_INVALID/],
] as const) {
  test(`TLS: a certificate that is ${name} is refused, and told, without a request`, async () => {
    const file = fileURLToPath(new URL(`../test/tls/${name}.pem`, import.meta.url));
    const pem = readFileSync(file, "utf8");
    let requests = 0;
    const server = createServer({ cert: pem, key: pem }, () => {
      requests++;
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const fs = await openFileSystem(
      { endpoint: `https://127.0.0.1:${port}`, accessKeyId: "id", accessKeySecret: "secret" },
      { "fs.oss.connection.ca.file": file },
    );
    try {
      await assert.rejects(fs.open(path("k")), { code: "EIO", message: told, retryable: false });
      assert.equal(requests, 0);
    } finally {
      await fs.close();
      server.close();
      server.closeAllConnections();
    }
  });
}

test("a handshake that does not come about in time is ETIMEDOUT, long before the idle timeout", async () => {
  let connections = 0;
  const silent = createTcpServer((socket) => {
    connections++;
    socket.on("error", () => {});
  });
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const fs = await openFileSystem(
    { endpoint: `https://127.0.0.1:${port}`, accessKeyId: "id", accessKeySecret: "secret" },
    { "fs.oss.connection.establish.timeout": "100 ms", "fs.oss.attempts.maximum": 1 },
  );
  try {
    await assert.rejects(fs.open(path("k")), { code: "ETIMEDOUT", retryable: true });
    assert.equal(connections, 2);
  } finally {
    await fs.close();
    silent.close();
  }
});
