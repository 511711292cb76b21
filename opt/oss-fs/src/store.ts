import type { Logger } from "plugfs";
import type { OssClient } from "./client.ts";
import type { BlockPool } from "./memory.ts";

/** What the parts of one file system share. */
export interface Store {
  readonly client: OssClient;
  /** All buffers, and through `pool.memory` all data on its way. */
  readonly pool: BlockPool;
  readonly logger: Logger;
  /** Open streams: the file system's end is theirs too. */
  readonly live: Set<{ abort(reason: unknown): Promise<void> }>;
}
