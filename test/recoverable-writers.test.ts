import { Environment, Path } from "plugfs";
import { recoverableWriterContract } from "plugfs/testing";
import { ossHome } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const PART = 100 * 1024;

recoverableWriterContract({
  name: "oss: through an environment, as built",
  partSize: PART,
  async setup() {
    const home = await ossHome({}, { "fs.oss.multipart.upload.size": `${PART} b` });
    const env = await home.open();
    return {
      fileSystem: await env.fileSystem("oss://demo"),
      root: Path.parse("oss://demo/contract"),
      dispose: async () => home[Symbol.asyncDispose](),
    };
  },
});

recoverableWriterContract({
  name: "file: through an environment",
  async setup() {
    const folder = await temporaryFolder();
    const env = await Environment.open();
    return {
      fileSystem: await env.fileSystem(folder.path),
      root: Path.parse(folder.path),
      async dispose() {
        await env.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
});
