import { once } from "node:events";
import { createWriteStream, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import OSS from "ali-oss";
import type { Traffic } from "../../test/oss-server/server.ts";
import { type Need, SHAPES, type ShapeName } from "./bench.ts";
import { CONTENT_PERIOD, contentOf, textOf } from "./content.ts";
import { buildScripts, ClientProcess, ServerProcess } from "./processes.ts";
import { CREDENTIALS, type Setup } from "./task.ts";
import { signedHead } from "./tools/sockets.ts";

const BUCKET = "bench";

/** Where a whole run takes place: servers, a folder, and what was put there. */
export class Place implements AsyncDisposable {
  readonly #root: string;
  readonly #scripts: Awaited<ReturnType<typeof buildScripts>>;
  readonly #server: ServerProcess;
  readonly #folder: string;
  /** Of every size and count. */
  readonly #scale: number;
  readonly #there = new Set<string>();
  #clients = 0;

  private constructor(
    root: string,
    scripts: Awaited<ReturnType<typeof buildScripts>>,
    server: ServerProcess,
    folder: string,
    scale: number,
  ) {
    this.#root = root;
    this.#scripts = scripts;
    this.#server = server;
    this.#folder = folder;
    this.#scale = scale;
  }

  static async open(root: string, scale: number): Promise<Place> {
    const scripts = await buildScripts(root);
    const server = await ServerProcess.start(scripts.folder);
    const folder = await mkdtemp(join(tmpdir(), "plugfs-bench-"));
    await mkdir(join(folder, "plugins"));
    for (const plugin of ["opt/oss-fs", "test/fixtures/plugins/memory-fs"]) {
      await symlink(join(root, plugin), join(folder, "plugins", plugin.split("/").at(-1) as string));
    }
    await writeFile(join(folder, "ca.pem"), server.endpoints.ca);
    process.once("exit", () => {
      for (const left of [folder, scripts.folder]) rmSync(left, { recursive: true, force: true });
    });
    return new Place(root, scripts, server, folder, scale);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#scripts[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A size or count of a full run, in this one. */
  scaled(value: number): number {
    return Math.round(value * this.#scale);
  }

  /** `file:x` → the URI of a file here; other keys stay. */
  key(key: string): string {
    return key.startsWith("file:") ? pathToFileURL(join(this.#folder, key.slice("file:".length))).href : key;
  }

  async shape(name: ShapeName): Promise<void> {
    const { tls, latency, rate } = SHAPES[name];
    await this.#server.do(tls, { do: "shape", latency, rate });
  }

  /** A process with one tool, at the server of that shape. */
  async client(
    shape: ShapeName,
    setup: Pick<Setup, "tool" | "fixed" | "configuration">,
    name: string,
  ): Promise<ClientProcess> {
    const work = join(this.#folder, `client-${this.#clients++}`);
    await mkdir(work);
    return ClientProcess.start(
      { folder: this.#scripts.folder, root: this.#root },
      {
        ...setup,
        endpoint: this.#endpoint(SHAPES[shape].tls),
        bucket: BUCKET,
        work,
        pluginsDir: join(this.#folder, "plugins"),
      },
      name,
      SHAPES[shape].tls ? { NODE_EXTRA_CA_CERTS: join(this.#folder, "ca.pem") } : {},
    );
  }

  /** Puts there what is not there yet, without limits. Trees to be made `again` are made at every call. */
  async prepare(needs: readonly Need[], shape: ShapeName): Promise<void> {
    const { tls } = SHAPES[shape];
    const missing = needs.filter(
      (need) =>
        "nothing" in need ||
        ("tree" in need && need.again) ||
        !this.#there.has(`${tls} ${JSON.stringify(need)}`),
    );
    if (missing.length === 0) return;
    await this.#server.do(tls, { do: "shape", latency: 0, rate: null });
    for (const need of missing) {
      await this.#put(need, tls);
      this.#there.add(`${tls} ${JSON.stringify(need)}`);
    }
    await this.shape(shape);
  }

  /** What the server of that shape has sent and received since the last call. */
  async traffic(shape: ShapeName): Promise<Traffic> {
    return (await this.#server.do(SHAPES[shape].tls, { do: "traffic" })) as Traffic;
  }

  /** Objects below a prefix. */
  async count(shape: ShapeName, prefix: string): Promise<number> {
    return (await this.#server.do(SHAPES[shape].tls, { do: "count", prefix })) as number;
  }

  /** Removes what was written, for its memory. */
  async clear(shape: ShapeName, prefix: string): Promise<void> {
    await this.#server.do(SHAPES[shape].tls, { do: "clear", prefix });
  }

  /** Length and CRC64 of an object, as the server has them. */
  async summary(shape: ShapeName, key: string): Promise<string> {
    const { tls } = SHAPES[shape];
    const { hostname, port } = new URL(this.#endpoint(tls));
    const resource = `/${BUCKET}/${encodeURIComponent(key)}`;
    const lines = signedHead("HEAD", `/${BUCKET}/${key}`).split("\r\n").slice(1, -2);
    const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s) as [string, string]));
    const options = { hostname, port, method: "HEAD", path: resource, headers, agent: false as const };
    const request = tls
      ? https.request({ ...options, ca: this.#server.endpoints.ca })
      : http.request(options);
    const [answer] = (await once(request.end(), "response")) as [http.IncomingMessage];
    answer.resume();
    if (answer.statusCode !== 200) throw new Error(`${key}: the server answers ${answer.statusCode}`);
    return `${answer.headers["content-length"]} bytes, CRC64 ${answer.headers["x-oss-hash-crc64ecma"]}`;
  }

  #endpoint(tls: boolean): string {
    const { plain, secure } = this.#server.endpoints;
    return tls ? secure : plain;
  }

  async #put(need: Need, tls: boolean): Promise<void> {
    if ("nothing" in need) await this.#server.do(tls, { do: "clear", prefix: need.nothing });
    else if ("object" in need)
      await this.#server.do(tls, { do: "content", key: need.object, size: this.scaled(need.size) });
    else if ("text" in need)
      await this.#server.do(tls, { do: "text", key: need.text, size: this.scaled(need.size) });
    else if ("repeated" in need) await this.#repeat(need.repeated, need.of, this.scaled(need.size));
    else if ("tree" in need) {
      const { tree, size, folders = 0, again } = need;
      const files = this.scaled(need.files);
      if (again) await this.#server.do(tls, { do: "clear", prefix: "renamed/" });
      await this.#server.do(tls, { do: "tree", key: tree, files, size, folders });
    } else if ("folder" in need) {
      const folder = join(this.#folder, need.folder);
      await mkdir(folder);
      const files = this.scaled(need.files);
      for (let i = 0; i < files; i++) await writeFile(join(folder, String(i)), Buffer.alloc(need.size, i));
    } else {
      const file = createWriteStream(join(this.#folder, need.file));
      const size = this.scaled(need.size);
      for (const chunk of need.holds === "lines" ? textOf(size) : contentOf(size)) {
        if (!file.write(chunk)) await once(file, "drain");
      }
      file.end();
      await once(file, "close");
    }
  }

  /** Parts that are copies share their bytes on the server. */
  async #repeat(key: string, of: string, size: number): Promise<void> {
    const { port } = new URL(this.#endpoint(false));
    const client = new OSS({
      ...CREDENTIALS,
      ...{ bucket: BUCKET, endpoint: `http://localhost:${port}`, sldEnable: true },
    });
    const length = Number((await this.summary("A", of)).split(" ")[0]);
    // Content goes on where it ended; text is whole as it is.
    const part = of === "text" ? length : Math.floor(length / CONTENT_PERIOD) * CONTENT_PERIOD;
    const { uploadId } = await client.initMultipartUpload(key);
    const done: { number: number; etag: string }[] = [];
    for (let at = 0; at < size; at += part) {
      const number = done.length + 1;
      const range = `0-${Math.min(part, of === "text" ? part : size - at) - 1}`;
      const source = { sourceKey: of, sourceBucketName: BUCKET };
      const { res } = await client.uploadPartCopy(key, uploadId, number, range, source, {});
      done.push({ number, etag: (res as { headers: { etag: string } }).headers.etag });
    }
    await client.completeMultipartUpload(key, uploadId, done);
  }
}
