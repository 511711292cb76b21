import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { CREDENTIALS, inParallel, type Task, type Tool } from "../task.ts";

/** What a socket can take when nobody does anything with the bytes: shows that the server is not the bottleneck. */
export function rawTool(task: Task): Tool {
  const { hostname, port } = new URL(task.endpoint);

  /** One GET on a connection of its own; resolves to the bytes of the body. */
  const get = (key: string, range: string): Promise<number> => {
    const resource = `/${task.bucket}/${key}`;
    const date = new Date().toUTCString();
    const signature = createHmac("sha1", CREDENTIALS.accessKeySecret)
      .update(`GET\n\n\n${date}\n${resource}`)
      .digest("base64");
    const head = [
      `GET ${resource} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      `Date: ${date}`,
      `Authorization: OSS ${CREDENTIALS.accessKeyId}:${signature}`,
      ...(range === "" ? [] : [`Range: ${range}`]),
      "Connection: close",
      "\r\n",
    ].join("\r\n");
    return new Promise((resolve, reject) => {
      let body = -1;
      const buffer = Buffer.allocUnsafe(1024 * 1024);
      const socket = connect({
        host: hostname,
        port: Number(port),
        onread: {
          buffer,
          callback(count) {
            if (body >= 0) body += count;
            else {
              const end = buffer.subarray(0, count).indexOf("\r\n\r\n");
              if (end >= 0) body = count - end - 4;
            }
            return true;
          },
        },
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(body));
      socket.write(head);
    });
  };

  return {
    async read({ key, size, fixed }) {
      if (fixed === undefined) return get(key, "");
      let bytes = 0;
      await inParallel(Math.ceil(size / fixed.part), fixed.parts, async (i) => {
        const start = i * fixed.part;
        bytes += await get(key, `bytes=${start}-${Math.min(start + fixed.part, size) - 1}`);
      });
      return bytes;
    },
    async [Symbol.asyncDispose]() {},
  };
}
