import type { Logger } from "plugfs";
import type { OssClient } from "./client.ts";
import type { BlockPool } from "./memory.ts";
import type { PartBuffers } from "./part-buffer.ts";

/** What the parts of one file system share. */
export interface Store {
  readonly client: OssClient;
  /** Blocks of memory, and through `pool.memory` all data on its way. */
  readonly pool: BlockPool;
  readonly buffers: PartBuffers;
  readonly logger: Logger;
  /** Uploads that this process began or continued: upload id → write id. */
  readonly uploads: Map<string, string>;
  /** Open streams: the file system's end is theirs too. */
  readonly live: Set<{ abort(reason: unknown): Promise<void> }>;
}
