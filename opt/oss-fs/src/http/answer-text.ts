import type { Answer } from "../transport.ts";

/** The body as text, for answers that are known to be short. */
export async function readText(answer: Pick<Answer, "consume">, limit = 32 * 1024 * 1024): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > limit) throw new Error(`the answer is longer than ${limit} bytes`);
    // It is not ours after the call.
    chunks.push(Buffer.from(chunk));
  };
  await answer.consume({ take });
  return Buffer.concat(chunks).toString("utf8");
}
