import { fileSystemContract } from "plugfs/testing";
import { openFixture, path } from "../test/support.ts";

for (const [name, keys] of [
  ["oss", {}],
  [
    "oss, everything in small parts and pages and little memory, as Hadoop lists",
    {
      "fs.oss.list.version": 1,
      "fs.oss.paging.maximum": 7,
      "fs.oss.multipart.upload.size": "100 kb",
      "fs.oss.multipart.download.size": "10 kb",
      "fs.oss.transfer.memory": "1 mb",
      "fs.oss.connection.maximum": 2,
      "fs.oss.region": "cn-hangzhou",
    },
  ],
] as const) {
  fileSystemContract({
    name,
    setup: async () => {
      const fixture = await openFixture(keys);
      return {
        fileSystem: fixture.fs,
        root: path("contract"),
        dispose: () => fixture[Symbol.asyncDispose](),
      };
    },
  });
}
