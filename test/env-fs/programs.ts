import { once } from "node:events";
import { constants } from "node:fs";
import type * as node from "node:fs/promises";
import type { UriFileSystem } from "plugfs";

/** What both offer, as a program sees it. */
export type Fs = UriFileSystem;
type At = (name: string) => string;
type Call = () => Promise<unknown>;
/** A call, and what stores without folders of their own, or without links and modes, answer instead of Node's answer. */
type Step = Call | { readonly call: Call; readonly oss?: unknown; readonly mem?: unknown };

export interface Program {
  readonly name: string;
  /** Whether it leaves things behind that stores without links cannot have. */
  readonly leavesLinks?: boolean;
  /** On a tree of `file`, `full/b`, `full/deep/c` and `empty/`. */
  steps(fs: Fs, at: At): Step[];
}

const onOss = (oss: unknown, call: Call): Step => ({ call, oss });
const notOnStores = (call: Call): Step => ({ call, oss: "ENOTSUP", mem: "ENOTSUP" });

/** Programs as somebody writes them against `node:fs/promises`; they run unchanged on every scheme. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "reading",
    steps: (fs, at) => [
      () => fs.readFile(at("file")),
      () => fs.readFile(at("file"), "utf8"),
      () => fs.readFile(at("file"), { encoding: "base64" }),
      () => fs.readFile(at("file"), { encoding: "utf8", flag: "r" }),
      () => fs.readFile(at("missing")),
      () => fs.readFile(at("full")),
      { call: () => fs.readFile(at("file/below")), oss: "ENOENT", mem: "ENOENT" },
      () => fs.readFile(at("file"), "klingon" as "utf8"),
      () => fs.readFile(at("file"), { signal: AbortSignal.abort() }),
      async () => {
        const stats = await fs.stat(at("file"));
        return [
          stats.size,
          stats.isFile(),
          stats.isDirectory(),
          Math.abs(stats.mtimeMs - Date.now()) < 60_000,
        ];
      },
      async () => {
        const stats = await fs.stat(at("file"), { bigint: true });
        return [String(stats.size), typeof stats.mtimeNs, stats.isFile()];
      },
      async () => (await fs.lstat(at("full"))).isDirectory(),
      async () => (await fs.stat(at("full"))).isDirectory(),
      () => fs.stat(at("missing")),
      () => fs.lstat(at("missing")),
      () => fs.access(at("file")),
      () => fs.access(at("file"), constants.R_OK | constants.W_OK),
      () => fs.access(at("missing")),
      () => fs.realpath(at("full/b")),
      () => fs.realpath(at("missing")),
    ],
  },
  {
    name: "listing",
    steps: (fs, at) => [
      async () => (await fs.readdir(at("full"))).sort(),
      async () => (await fs.readdir(at("full"), { recursive: true })).sort(),
      async () => (await fs.readdir(at("full"), "hex" as "utf8")).sort(),
      async () => (await fs.readdir(at("full"), "buffer")).map(String).sort(),
      async () =>
        (await fs.readdir(at("full"), { withFileTypes: true, recursive: true }))
          .map((entry) => [entry.name, entry.parentPath, entry.isFile(), entry.isDirectory()])
          .sort(),
      () => fs.readdir(at("empty")),
      () => fs.readdir(at("file")),
      () => fs.readdir(at("missing")),
      async () => {
        const names: unknown[] = [];
        for await (const entry of await fs.opendir(at("full"))) names.push([entry.name, entry.isDirectory()]);
        return names.sort();
      },
      async () => {
        const dir = await fs.opendir(at("full"));
        const names = [(await dir.read())?.name, (await dir.read())?.name, await dir.read()];
        await dir.close();
        const late = async () => dir.read(); // Node 20 throws, later ones reject
        await late().catch((error) => names.push(error.code));
        return [dir.path, ...names.sort()];
      },
      () => fs.opendir(at("file")),
      () => fs.opendir(at("missing")),
    ],
  },
  {
    name: "writing",
    steps: (fs, at) => {
      async function* pieces() {
        yield "a";
        yield Buffer.from("b");
      }
      return [
        () => fs.writeFile(at("new"), "text"),
        () => fs.readFile(at("new"), "utf8"),
        () => fs.writeFile(at("new"), Buffer.from("shorter")),
        () => fs.readFile(at("new"), "utf8"),
        () => fs.writeFile(at("new"), "other", { flag: "wx" }),
        () => fs.writeFile(at("latin"), "é", "latin1"),
        () => fs.readFile(at("latin"), "hex"),
        () => fs.writeFile(at("words"), new Uint16Array([1, 2])),
        () => fs.readFile(at("words"), "hex"),
        () => fs.writeFile(at("pieces"), pieces()),
        () => fs.readFile(at("pieces"), "utf8"),
        () => fs.writeFile(at("list"), ["x", "y"]),
        onOss(null, () => fs.writeFile(at("no/parent"), "")),
        () => fs.writeFile(at("file/below"), ""),
        () => fs.writeFile(at("full"), ""),
        () => fs.writeFile(at("number"), 5 as unknown as string),
        () => fs.writeFile(at("aborted"), "x", { signal: AbortSignal.abort() }),
        () => fs.writeFile(at("odd"), "x", { flag: "q" }).catch(() => "refused"),
        () => fs.rm(at("no"), { recursive: true, force: true }),
      ];
    },
  },
  {
    name: "making and removing",
    steps: (fs, at) => [
      () => fs.mkdir(at("made")),
      () => fs.mkdir(at("made")),
      onOss(null, () => fs.mkdir(at("no/parent"))),
      () => fs.mkdir(at("file/below")),
      () => fs.mkdir(at("one/two/three"), { recursive: true }),
      () => fs.mkdir(at("one/two/three"), { recursive: true }),
      () => fs.mkdir(at("file"), { recursive: true }),
      () => fs.rmdir(at("made")),
      () => fs.rmdir(at("full")),
      () => fs.rmdir(at("file")),
      () => fs.rmdir(at("missing")),
      () => fs.unlink(at("missing")),
      () => fs.rm(at("missing")),
      () => fs.rm(at("missing"), { force: true }),
      () => fs.rm(at("full")),
      () => fs.rm(at("empty"), { force: true }),
      () => fs.rm(at("full"), { recursive: true }),
      () => fs.rm(at("full"), { recursive: true }),
      () => fs.rm(at("full"), { recursive: true, force: true }),
      () => fs.rm(at("no"), { recursive: true, force: true }),
      () => fs.unlink(at("file")),
      async () => {
        const folder = await fs.mkdtemp(at("temporary-"));
        await fs.writeFile(`${folder}/x`, "");
        await fs.rm(folder, { recursive: true });
        return [folder.length - at("").length, folder.startsWith(at("temporary-"))];
      },
    ],
  },
  {
    name: "renaming and copying",
    steps: (fs, at) => [
      () => fs.rename(at("file"), at("renamed")),
      () => fs.rename(at("renamed"), at("renamed")),
      () => fs.rename(at("missing"), at("x")),
      () => fs.rename(at("renamed"), at("full")),
      () => fs.rename(at("full"), at("renamed")),
      () => fs.rename(at("full"), at("full/inside")),
      () => fs.rename(at("renamed"), at("full/b")),
      () => fs.readFile(at("full/b"), "utf8"),
      () => fs.rename(at("full"), at("moved")),
      () => fs.copyFile(at("moved/b"), at("copy")),
      () => fs.readFile(at("copy"), "utf8"),
      () => fs.copyFile(at("moved/deep/c"), at("copy"), constants.COPYFILE_EXCL),
      () => fs.copyFile(at("moved/deep/c"), at("copy")),
      () => fs.readFile(at("copy"), "utf8"),
      () => fs.copyFile(at("copy"), at("copy")),
      () => fs.copyFile(at("missing"), at("copy")),
      () => fs.copyFile(at("copy"), at("copy2"), 99),
    ],
  },
  {
    name: "copying trees",
    steps: (fs, at) => [
      () => fs.cp(at("full"), at("copy")),
      () => fs.cp(at("full"), at("copy"), { recursive: true }),
      async () => (await fs.readdir(at("copy"), { recursive: true })).sort(),
      () => fs.readFile(at("copy/b"), "utf8"),
      () => fs.cp(at("full"), at("full/inside"), { recursive: true }),
      () => fs.cp(at("full"), at("full"), { recursive: true }),
      () => fs.cp(at("file"), at("full")),
      () => fs.cp(at("full"), at("file"), { recursive: true }),
      () => fs.cp(at("missing"), at("x")),
      () => fs.writeFile(at("copy/b"), "changed"),
      () => fs.cp(at("full"), at("copy"), { recursive: true, force: false }),
      () => fs.readFile(at("copy/b"), "utf8"),
      () => fs.cp(at("full"), at("copy"), { recursive: true, force: false, errorOnExist: true }),
      () => fs.cp(at("full"), at("copy"), { recursive: true }),
      () => fs.readFile(at("copy/b"), "utf8"),
      () => fs.cp(at("full"), at("some"), { recursive: true, filter: (source) => !source.endsWith("deep") }),
      () => fs.cp(at("file"), at("new/parents/file")),
    ],
  },
  {
    name: "a file handle that reads",
    steps: (fs, at) => {
      const opened = async <T>(use: (file: node.FileHandle) => Promise<T>): Promise<T> => {
        const file = (await fs.open(at("file"))) as node.FileHandle;
        try {
          return await use(file);
        } finally {
          await file.close();
        }
      };
      return [
        () => opened(async (file) => (await file.readFile()).toString()),
        () => opened((file) => file.readFile("utf8")),
        () =>
          opened(async (file) => {
            const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 1, 3, 2);
            const next = await file.read({ buffer: Buffer.alloc(3) });
            const more = await file.read(Buffer.alloc(100));
            const end = await file.read(Buffer.alloc(1));
            const beyond = await file.read(Buffer.alloc(1), 0, 1, 1000);
            return [bytesRead, buffer, next.buffer, more.bytesRead, end.bytesRead, beyond.bytesRead];
          }),
        () =>
          opened(async (file) => {
            const both = await Promise.all([file.read(Buffer.alloc(3)), file.read(Buffer.alloc(3))]);
            return Buffer.concat(both.map(({ buffer }) => buffer)).toString();
          }),
        () =>
          opened(async (file) => {
            const buffers = [Buffer.alloc(2), Buffer.alloc(3)];
            const { bytesRead } = await file.readv(buffers, 1);
            return [bytesRead, ...buffers];
          }),
        () => opened(async (file) => [(await file.stat()).size, (await file.stat()).isFile()]),
        () => opened(async (file) => (await file.write("x")).bytesWritten),
        async () => {
          await fs.writeFile(at("lines"), "one\r\ntwo\nthree");
          const file = (await fs.open(at("lines"))) as node.FileHandle;
          const lines: string[] = [];
          for await (const line of file.readLines()) lines.push(line);
          return lines;
        },
        async () => {
          const file = (await fs.open(at("file"))) as node.FileHandle;
          let text = "";
          for await (const chunk of file.createReadStream({ encoding: "utf8", start: 1, end: 4 }))
            text += chunk;
          return [text, await file.read(Buffer.alloc(1)).catch((error) => error.code)];
        },
        () => fs.open(at("missing")),
        () => fs.open(at("missing"), constants.O_RDONLY),
        () => opened((file) => fs.readFile(file, "utf8")),
      ];
    },
  },
  {
    name: "a file handle that writes",
    steps: (fs, at) => [
      async () => {
        const file = (await fs.open(at("new"), "w")) as node.FileHandle;
        const written = [
          (await file.write("text")).bytesWritten,
          (await file.write(Buffer.from("xxbytesxx"), 2, 5)).bytesWritten,
          (await file.writev([Buffer.from("1"), Buffer.from("23")])).bytesWritten,
        ];
        await file.appendFile("appended");
        written.push((await file.write(Buffer.from("!"), 0, 1, 20)).bytesWritten);
        await file.close();
        return written;
      },
      () => fs.readFile(at("new"), "utf8"),
      async () => {
        const file = (await fs.open(
          at("new"),
          constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
        )) as node.FileHandle;
        await file.writeFile("whole");
        const read = await file.read(Buffer.alloc(1)).catch((error) => error.code);
        await file.close();
        await file.close().catch(() => {});
        return read;
      },
      () => fs.readFile(at("new"), "utf8"),
      () => fs.open(at("new"), "wx"),
      async () => {
        const file = (await fs.open(at("streamed"), "wx")) as node.FileHandle;
        const stream = file.createWriteStream();
        stream.write("a");
        stream.end("b");
        await once(stream, "close");
        return fs.readFile(at("streamed"), "utf8");
      },
    ],
  },
  {
    name: "permissions, times, links, and writing in place",
    leavesLinks: true,
    steps: (fs, at) => [
      notOnStores(() => fs.chmod(at("file"), 0o600)),
      notOnStores(() => fs.utimes(at("file"), 1, 2)),
      notOnStores(() => fs.lutimes(at("file"), 1, 2)),
      notOnStores(() => fs.chown(at("file"), process.getuid?.() ?? 0, process.getgid?.() ?? 0)),
      notOnStores(() => fs.lchown(at("file"), process.getuid?.() ?? 0, process.getgid?.() ?? 0)),
      notOnStores(() => fs.symlink("file", at("link"))),
      notOnStores(() => fs.readlink(at("link"))),
      notOnStores(() => fs.link(at("file"), at("hard"))),
      notOnStores(() => fs.truncate(at("file"), 3)),
      notOnStores(() => fs.appendFile(at("file"), "more")),
      notOnStores(() => fs.writeFile(at("file"), "x", { flag: "a" })),
      notOnStores(() => fs.open(at("file"), "r+").then((file) => file.close())),
      notOnStores(() => fs.open(at("file"), "a+").then((file) => file.close())),
      notOnStores(async () => typeof (await fs.statfs(at("file"))).bsize),
      notOnStores(async () => {
        const signal = AbortSignal.timeout(10_000);
        const changes = fs.watch(at("empty"), { signal })[Symbol.asyncIterator]();
        const first = changes.next();
        first.catch(() => {});
        await fs.writeFile(at("empty/x"), "");
        await fs.rm(at("empty/x"));
        const { value } = await first;
        await changes.return?.(undefined);
        return typeof value?.eventType;
      }),
    ],
  },
];

/** Only where there are modes and links. */
export const LOCAL_PROGRAMS: readonly Program[] = [
  {
    name: "modes and times",
    steps: (fs, at) => {
      const mode = async (name: string) => ((await fs.stat(at(name))).mode & 0o777).toString(8);
      return [
        () => fs.writeFile(at("new"), "x", { mode: 0o640 }),
        () => mode("new"),
        () => fs.mkdir(at("folder"), { mode: 0o700 }),
        () => mode("folder"),
        () => fs.mkdir(at("folder2"), 0o750),
        () => mode("folder2"),
        () => fs.chmod(at("new"), "400"),
        () => mode("new"),
        () => fs.copyFile(at("new"), at("copy")),
        () => mode("copy"),
        () => fs.chmod(at("new"), "nonsense"),
        () => fs.utimes(at("new"), new Date(1000), new Date(2000)),
        async () => (await fs.stat(at("new"))).mtimeMs,
        () => fs.cp(at("new"), at("copy2"), { preserveTimestamps: true }),
        async () => (await fs.stat(at("copy2"))).mtimeMs,
        async () => ((await fs.stat(at("new"))) as { ino: number }).ino > 0,
        async () => mode((await fs.mkdtemp(at("t-"))).slice(at("").length)),
        async () => (await fs.access(at("file"), constants.X_OK)) ?? "fine",
        () => fs.lchmod(at("file"), 0o600),
        () => fs.truncate(at("file"), -1).catch((error) => error.name),
      ];
    },
  },
  {
    name: "links",
    steps: (fs, at) => [
      () => fs.symlink("full", at("link")),
      () => fs.symlink("nowhere", at("dangling")),
      () => fs.symlink("file", at("tofile")),
      () => fs.readlink(at("link")),
      () => fs.readlink(at("file")),
      () => fs.realpath(at("link/b")),
      async () => (await fs.lstat(at("link"))).isSymbolicLink(),
      async () => (await fs.stat(at("link"))).isDirectory(),
      () => fs.stat(at("dangling")),
      async () =>
        (await fs.readdir(at(""), { withFileTypes: true }))
          .map((entry) => [entry.name, entry.isSymbolicLink(), entry.isFile()])
          .sort(),
      async () => (await fs.readdir(at(""), { recursive: true })).sort(),
      () => fs.rmdir(at("link")),
      () => fs.cp(at("full"), at("tofile"), { recursive: true }),
      () => fs.cp(at("file"), at("dangling")),
      () => fs.readFile(at("dangling"), "utf8"),
      () =>
        fs.cp(at(""), `${at("../").replace(/\/$/, "")}-copy`.replace("/..-copy", "-copy"), {
          recursive: true,
        }),
      () => fs.cp(at("link"), at("copied"), {}),
      async () => (await fs.lstat(at("copied"))).isSymbolicLink(),
      () => fs.readlink(at("copied")),
      () => fs.cp(at("link"), at("dereferenced"), { recursive: true, dereference: true }),
      () => fs.readdir(at("dereferenced")),
      () => fs.link(at("file"), at("hard")),
      () => fs.writeFile(at("file"), "through both"),
      () => fs.readFile(at("hard"), "utf8"),
      () => fs.unlink(at("link")),
      () => fs.rm(at("tofile")),
      () => fs.readFile(at("file"), "utf8"),
    ],
  },
  {
    name: "writing in place",
    steps: (fs, at) => [
      () => fs.appendFile(at("file"), "more"),
      () => fs.appendFile(at("begun"), "new"),
      () => fs.readFile(at("file"), "utf8"),
      () => fs.truncate(at("file"), 2),
      () => fs.truncate(at("begun")),
      async () => {
        const file = (await fs.open(at("file"), "r+")) as node.FileHandle;
        await file.write("X", 1);
        await file.truncate(10);
        await file.sync();
        await file.close();
        return fs.readFile(at("file"), "hex");
      },
      async () => {
        const stream = fs.createWriteStream(at("file"), { flags: "a" });
        stream.end("end");
        await once(stream, "close");
        return [stream.bytesWritten, await fs.readFile(at("file"), "hex")];
      },
      async () => (await fs.readFile("/proc/self/status").catch(() => "no")).length > 0 || "no /proc",
      () => fs.writeFile("/dev/null", "x"),
      async () => (await fs.readFile("/dev/null")).length,
    ],
  },
];
