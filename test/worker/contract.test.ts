/** The contract suites through a plugin's worker: what holds in the host's thread holds there. */
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Environment, Path } from "plugfs";
import { fileSystemContract, recoverableWriterContract } from "plugfs/testing";
import { ossHome } from "../support/oss-home.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MEMORY = fileURLToPath(new URL("../fixtures/plugins/memory-fs", import.meta.url));
const PART = 100 * 1024;
const worker = { "plugin.worker": "*" };

fileSystemContract({
  name: "memory-fs in a worker",
  async setup() {
    const home = await temporaryFolder();
    await mkdir(join(home.path, "plugins"));
    await cp(MEMORY, join(home.path, "plugins/memory-fs"), { recursive: true });
    const env = await Environment.open({ home: home.path, configuration: worker });
    const root = Path.parse("mem://contract");
    return {
      fileSystem: await env.fileSystem(root),
      root,
      async dispose() {
        await env.close();
        await home[Symbol.asyncDispose]();
      },
    };
  },
});

async function ossFixture() {
  const home = await ossHome({}, { "fs.oss.multipart.upload.size": `${PART} b` });
  const env = await home.open({ configuration: worker });
  const root = Path.parse("oss://demo/contract");
  return {
    fileSystem: await env.fileSystem(root),
    root,
    dispose: async () => home[Symbol.asyncDispose](),
  };
}

fileSystemContract({ name: "oss-fs in a worker", setup: ossFixture });
recoverableWriterContract({ name: "oss-fs in a worker", partSize: PART, setup: ossFixture });
