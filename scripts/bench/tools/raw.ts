import { contentOf } from "../content.ts";
import { inParallel, type Setup, type Tool } from "../task.ts";
import { BareConnection, signedHead } from "./sockets.ts";

/** What sockets can take when nobody looks at the bytes: shows that the server is not the bottleneck. */
export function rawTool({ endpoint, bucket, fixed }: Setup): Tool {
  const { port, protocol } = new URL(endpoint);
  const parts = fixed?.parts ?? 1;
  const connections: BareConnection[] = [];
  const free = (): BareConnection =>
    connections.pop() ?? new BareConnection(Number(port), protocol === "https:");

  /** `size` bytes in ranges, as many at once as `fixed` says. */
  const eachPart = async (
    size: number,
    work: (connection: BareConnection, index: number, start: number, end: number) => Promise<void>,
  ): Promise<void> => {
    const part = fixed?.part ?? size;
    await inParallel(Math.ceil(size / part), parts, async (i) => {
      const connection = free();
      await work(connection, i, i * part, Math.min((i + 1) * part, size));
      connections.push(connection);
    });
  };

  return {
    operations: {
      async read({ key, size }) {
        let amount = 0;
        await eachPart(size, async (connection, _, start, end) => {
          const range = `Range: bytes=${start}-${end - 1}\r\n`;
          const length = await connection.ask(signedHead("GET", `/${bucket}/${key}`, range));
          amount += length;
        });
        return { amount };
      },
      async write({ key, size }) {
        await eachPart(size, (connection, i, start, end) => {
          const length = `Content-Length: ${end - start}\r\n`;
          return connection.send(signedHead("PUT", `/${bucket}/${key}-${i}`, length), contentOf(end - start));
        });
        return { amount: size };
      },
      async "small-reads"({ key, count, concurrency }) {
        let check = 0;
        await inParallel(count, concurrency, async (i) => {
          const connection = free();
          const length = await connection.ask(signedHead("GET", `/${bucket}/${key}/${i}`));
          check += length;
          connections.push(connection);
        });
        return { amount: count, check };
      },
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.close();
    },
  };
}
