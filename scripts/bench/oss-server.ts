/**
 * How fast the local OSS server is, so that nobody measures it in place of a client. The server runs in a process of
 * its own; the clients are bare sockets.
 *
 *   node --conditions=plugfs-source --import tsx scripts/bench/oss-server.ts [--mib 512] [--rounds 5] [--seconds 3]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { CREDENTIALS } from "./task.ts";
import { BareConnection, signedHead } from "./tools/sockets.ts";

const MIB = 1 << 20;

interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** Seconds of processor time that the process has used. */
  cpu(): Promise<number>;
}

async function startServer(...options: string[]): Promise<RunningServer> {
  const script = fileURLToPath(new URL("../oss-server.ts", import.meta.url));
  const loader = import.meta.resolve("tsx");
  const args = ["--conditions=plugfs-source", "--import", loader, script];
  const keys = [
    "--bucket",
    "demo",
    "--access-key-id",
    CREDENTIALS.accessKeyId,
    "--access-key-secret",
    CREDENTIALS.accessKeySecret,
  ];
  const child: ChildProcess = spawn(process.execPath, [...args, ...keys, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line");
  return {
    port: JSON.parse(line).port,
    async cpu() {
      const text = await readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => "");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}

async function put(port: number, path: string, size: number): Promise<number> {
  const socket = connect(port, "127.0.0.1");
  const block = Buffer.alloc(MIB, 7);
  const answered = once(socket, "data");
  const started = performance.now();
  socket.write(signedHead("PUT", path, `Content-Length: ${size}\r\n`));
  for (let left = size; left > 0; left -= block.length) {
    if (!socket.write(block.subarray(0, left))) await once(socket, "drain");
  }
  const [answer] = await answered;
  if (!String(answer).startsWith("HTTP/1.1 200")) throw new Error(String(answer));
  socket.destroy();
  return (performance.now() - started) / 1000;
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.round(share * (sorted.length - 1))] as number).toFixed(0);
  return `${at(0.5)} [${at(0)}-${at(1)}]`;
}

function report(name: string, figure: string, cpu = ""): void {
  process.stdout.write(`${name.padEnd(44)}${figure.padEnd(36)}${cpu}\n`);
}

async function large(name: string, mib: number, rounds: number, connections: number, options: string[]) {
  await using server = await startServer(...options);
  const size = mib * MIB;
  const puts: number[] = [];
  const beforePuts = await server.cpu();
  for (let round = 0; round < Math.min(3, rounds); round++) {
    puts.push(size / 1e6 / (await put(server.port, "/demo/large", size)));
  }
  const putCpu = ((await server.cpu()) - beforePuts) / ((puts.length * mib) / 1024);
  report(`PUT ${mib} MiB, ${name}`, `${median(puts)} MB/s`, `${putCpu.toFixed(2)} CPU s/GiB`);
  const readers = Array.from({ length: connections }, () => new BareConnection(server.port));
  const rates: number[] = [];
  const before = await server.cpu();
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await Promise.all(readers.map((reader) => reader.ask(signedHead("GET", "/demo/large"))));
    rates.push((connections * size) / 1e3 / (performance.now() - started));
  }
  const cpu = ((await server.cpu()) - before) / ((rounds * connections * mib) / 1024);
  report(`GET ${mib} MiB × ${connections}, ${name}`, `${median(rates)} MB/s`, `${cpu.toFixed(2)} CPU s/GiB`);
  for (const reader of readers) reader.close();
}

async function small(name: string, seconds: number, options: string[]) {
  await using server = await startServer(...options);
  await put(server.port, "/demo/small", 4096);
  for (const connections of [1, 16, 64]) {
    const readers = Array.from({ length: connections }, () => new BareConnection(server.port));
    let count = 0;
    const run = async (until: number) => {
      await Promise.all(
        readers.map(async (reader) => {
          const request = Buffer.from(signedHead("GET", "/demo/small"));
          while (performance.now() < until) {
            await reader.ask(request);
            count++;
          }
        }),
      );
    };
    await run(performance.now() + 500);
    count = 0;
    const before = await server.cpu();
    const started = performance.now();
    await run(started + seconds * 1000);
    const rate = count / ((performance.now() - started) / 1000);
    const cpu = (((await server.cpu()) - before) * 1e6) / count;
    report(
      `GET 4 KiB, ${connections} connections, ${name}`,
      `${rate.toFixed(0)} per s`,
      `${cpu.toFixed(0)} CPU µs each`,
    );
    for (const reader of readers) reader.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mib: { type: "string", default: "512" },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
    },
  });
  const mib = Number(values.mib);
  const rounds = Number(values.rounds);
  const folder = await mkdtemp(join(tmpdir(), "plugfs-bench-"));
  try {
    await large("memory", mib, rounds, 1, []);
    await large("memory", mib, rounds, 2, []);
    await large("memory, no MD5", mib, rounds, 1, ["--no-md5"]);
    await large("memory, no MD5, lean", mib, rounds, 1, ["--no-md5", "--lean"]);
    await large("disk, page cache", mib, rounds, 1, ["--data", folder]);
    await small("memory", Number(values.seconds), []);
    await small("memory, lean", Number(values.seconds), ["--lean"]);
    await small("disk, page cache", Number(values.seconds), ["--data", folder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
