import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Configuration, type FileSystem, type Logger, Path } from "plugfs";
import { type OssServer, type OssServerOptions, startOssServer } from "../../../test/oss-server/server.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import OssFileSystemFactory from "../src/index.ts";

export const BUCKET = "bucket";

/** A line that the file system logged. */
export interface Logged {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A server, a file system on its bucket, and what both noticed. */
export interface Fixture {
  readonly server: OssServer;
  readonly fs: FileSystem;
  readonly logged: readonly Logged[];
  /** The operations that the server saw since the last call, in order. */
  requests(): string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** `keys` lie over the defaults of tests: retries come after at most some milliseconds. */
export async function openFixture(
  keys: Record<string, unknown> = {},
  options: OssServerOptions = {},
): Promise<Fixture> {
  const server = await startOssServer({ buckets: [BUCKET], ...options });
  const logged: Logged[] = [];
  const folder = await temporaryFolder();
  const fs = await openFileSystem(server, { ...(await trust(server, folder.path)), ...keys }, logged);
  return {
    server,
    fs,
    logged,
    requests() {
      const operations = server.log.entries().map((entry) => entry.operation);
      server.log.clear();
      return operations;
    },
    async [Symbol.asyncDispose]() {
      await fs.close();
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The keys that make a file system trust a server with TLS. */
async function trust(server: OssServer, folder: string): Promise<Record<string, string>> {
  if (server.ca === undefined) return {};
  const file = join(folder, "ca.pem");
  await writeFile(file, server.ca);
  return { "fs.oss.connection.ca.file": file };
}

export async function openFileSystem(
  server: Pick<OssServer, "endpoint" | "accessKeyId" | "accessKeySecret">,
  keys: Record<string, unknown> = {},
  logged: Logged[] = [],
  bucket = BUCKET,
): Promise<FileSystem> {
  const factory = new OssFileSystemFactory();
  factory.configure(
    Configuration.of({
      "fs.oss.endpoint": server.endpoint,
      "fs.oss.accessKeyId": server.accessKeyId,
      "fs.oss.accessKeySecret": server.accessKeySecret,
      "fs.oss.retry.interval": "1 ms",
      ...keys,
    }),
  );
  const context = { logger: recordingLogger(logged), signal: new AbortController().signal };
  return factory.create(Path.parse(`oss://${bucket}`), context);
}

export function path(key: string): Path {
  return Path.parse(key === "" ? `oss://${BUCKET}` : `oss://${BUCKET}/${key}`);
}

export async function write(fs: FileSystem, key: string, bytes: Uint8Array | string, overwrite = false) {
  await using stream = await fs.create(path(key), { overwrite });
  await stream.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
  return await stream.close();
}

export async function read(fs: FileSystem, key: string): Promise<Buffer> {
  await using stream = await fs.open(path(key));
  const chunks: Buffer[] = [];
  for await (const chunk of stream.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function list(fs: FileSystem, key: string, recursive = false): Promise<string[]> {
  const names: string[] = [];
  for await (const { path, kind } of fs.listStatus(Path.parse(`oss://${BUCKET}/${key}`), { recursive })) {
    names.push(kind === "directory" ? `${path.key}/` : path.key);
  }
  return names;
}

/** Bytes that show any misplacement, the same for the same seed. */
export function sample(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed * 2654435761;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function recordingLogger(logged: Logged[]): Logger {
  const at = (level: string) => (fields: object, message: string) => {
    logged.push({ level, fields, message });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
