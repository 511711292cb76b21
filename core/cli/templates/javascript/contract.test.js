import { Environment, Path } from "plugfs";
import { fileSystemContract } from "plugfs/testing";
import Factory from "./index.js";

// Everything that a file system owes, through all that a host's call passes. What yours cannot do it leaves out of its
// capabilities, and the suite then asserts the refusal.
fileSystemContract({
  name: "example-template:",
  async setup() {
    const env = await Environment.open({ configuration: {} });
    env.register(new Factory());
    const root = Path.parse("example-template://test/contract");
    return { fileSystem: await env.fileSystem(root), root, dispose: () => env.close() };
  },
});
