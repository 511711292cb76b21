/** Contract suites for authors of plugins: `import { fileSystemContract } from "plugfs/testing"`. */
export { type ContractFixture, fileSystemContract } from "./file-system-contract.ts";
export type { Existing } from "./subject.ts";
