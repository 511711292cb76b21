import { Environment, type FileSystem, FsStateBackend, Path } from "plugfs";
import { ContentCheck, contentOf, nearPositions, randomPositions } from "../content.ts";
import { inParallel, type Setup, type Tool, type Work } from "../task.ts";
import { plugfsConfiguration } from "./plugfs-configuration.ts";

/** plugfs as built, with oss-fs as built: what a user has. */
export async function plugfsTool(setup: Setup): Promise<Tool> {
  const env = await Environment.open({
    home: setup.work,
    pluginsDir: setup.pluginsDir,
    configuration: plugfsConfiguration(setup),
  });
  const uri = (key: string): Path => Path.parse(key.includes("://") ? key : `oss://${setup.bucket}/${key}`);
  const fileSystem = (key: string): Promise<FileSystem> => env.fileSystem(uri(key));

  const read = async (key: string, start: number): Promise<Work> => {
    await using input = await (await fileSystem(key)).open(uri(key), { start });
    const check = new ContentCheck(start);
    for await (const chunk of input.chunks()) check.accept(chunk);
    return { amount: check.position - start };
  };

  return {
    operations: {
      read: ({ key }) => read(key, 0),
      // Only a read of the whole object can be compared with its CRC64.
      "read-unchecked": ({ key }) => read(key, 1),
      async write({ key, size }) {
        await using output = await (await fileSystem(key)).create(uri(key), { overwrite: true });
        for (const chunk of contentOf(size)) await output.write(chunk);
        await output.close();
        return { amount: size };
      },
      async "small-reads"({ key, count, concurrency, size }) {
        const fs = await fileSystem(key);
        let check = 0;
        await inParallel(count, concurrency, async (i) => {
          await using input = await fs.open(uri(`${key}/${i}`));
          const length = await input.read(new Uint8Array(size));
          check += length;
        });
        return { amount: count, check };
      },
      async "random-reads"({ key, size, count, concurrency }) {
        await using input = await (await fileSystem(key)).open(uri(key));
        const positions = randomPositions(count, size, input.status.length);
        await inParallel(count, concurrency, async (i) => {
          const position = positions[i] ?? 0;
          const bytes = new Uint8Array(size);
          await input.readAt(position, bytes);
          new ContentCheck(position).accept(bytes);
        });
        return { amount: count };
      },
      async "vectored-reads"({ key, size, count }) {
        await using input = await (await fileSystem(key)).open(uri(key));
        const ranges = nearPositions(count, size).map((position) => ({
          position,
          into: new Uint8Array(size),
        }));
        await input.readRanges?.(ranges);
        for (const { position, into } of ranges) new ContentCheck(position).accept(into);
        return { amount: count };
      },
      list: async ({ key }) => countFiles(await fileSystem(key), uri(key), true),
      async "list-folders"({ key, concurrency }) {
        const fs = await fileSystem(key);
        const folders: Path[] = [];
        for await (const { path, kind } of fs.listStatus(uri(key)))
          if (kind === "directory") folders.push(path);
        let amount = 0;
        let check = 0;
        await inParallel(folders.length, concurrency, async (i) => {
          const found = await countFiles(fs, folders[i] as Path, false);
          amount += found.amount;
          check += found.check;
        });
        return { amount, check };
      },
      async "delete-tree"({ key, count }) {
        await (await fileSystem(key)).delete(uri(key), { recursive: true });
        return { amount: count };
      },
      async "rename-tree"({ key, target = "", count }) {
        await (await fileSystem(key)).rename(uri(key), uri(target));
        return { amount: count };
      },
      async lines({ key }) {
        let amount = 0;
        let check = 0;
        for await (const line of env.readTextFile(uri(key))) {
          amount++;
          check += line.length;
        }
        return { amount, check };
      },
      async "line-batches"({ key }) {
        let amount = 0;
        let check = 0;
        for await (const batch of env.readTextFile(uri(key)).batches()) {
          amount += batch.length;
          for (const line of batch) check += line.length;
        }
        return { amount, check };
      },
      async copy({ key, target = "", size }) {
        await env.fs.copyFile(uri(key), uri(target));
        return { amount: size };
      },
      async job({ key, target = "", count: interval }) {
        const job = env.job(`bench-${interval}`);
        job
          .readTextFile(uri(key))
          .filter((line) => line.charCodeAt(0) !== 0x37)
          .writeAsText(uri(target), { writeMode: "OVERWRITE" });
        if (interval > 0) {
          job.setStateBackend(new FsStateBackend(uri(`checkpoints-${interval}`)));
          job.enableCheckpointing(interval, { retain: "none" });
        }
        const { linesRead, checkpoints } = await job.execute();
        const mean = (of: (checkpoint: { bytes: number; durationMs: number }) => number): number =>
          checkpoints.reduce((sum, checkpoint) => sum + of(checkpoint), 0) / (checkpoints.length || 1);
        return {
          amount: linesRead,
          extra: {
            checkpoints: checkpoints.length,
            "bytes each": mean(({ bytes }) => bytes),
            "ms each": mean(({ durationMs }) => durationMs),
          },
        };
      },
      async calls({ key, count, concurrency }) {
        const fs = await fileSystem(key);
        const path = uri(key);
        await using output = await fs.create(path, { overwrite: true });
        await output.close();
        await inParallel(count, concurrency, async () => {
          await fs.getFileStatus(path);
        });
        return { amount: count };
      },
    },
    [Symbol.asyncDispose]: () => env.close(),
  };
}

async function countFiles(
  fs: FileSystem,
  path: Path,
  recursive: boolean,
): Promise<Required<Pick<Work, "amount" | "check">>> {
  let amount = 0;
  let check = 0;
  for await (const { path: found, kind } of fs.listStatus(path, { recursive })) {
    if (kind === "directory") continue;
    amount++;
    check += found.key.length;
  }
  return { amount, check };
}
