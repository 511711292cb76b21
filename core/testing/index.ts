/** Contract suites for authors of plugins: `import { fileSystemContract } from "plugfs/testing"`. */
export type { ContractFixture } from "./declare.ts";
export { fileSystemContract } from "./file-system-contract.ts";
export { recoverableWriterContract } from "./recoverable-writer-contract.ts";
export type { Existing } from "./subject.ts";
