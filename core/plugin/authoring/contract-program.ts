/**
 * A program of its own, run in a child process: runs one test file, and sends each test as it ends, without the groups
 * around them. `process.argv[2]` is the file.
 */
import { run } from "node:test";

export type ContractMessage =
  | { readonly kind: "pass"; readonly name: string }
  | { readonly kind: "fail"; readonly name: string; readonly message: string }
  | { readonly kind: "not-owed" }
  | { readonly kind: "end" };

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly message?: string;
    readonly details?: { readonly type?: string; readonly error?: { message?: string; cause?: unknown } };
  };
}

const send = (message: ContractMessage) => new Promise<void>((done) => process.send?.(message, () => done()));

for await (const { type, data } of run({
  files: [process.argv[2] ?? ""],
}) as AsyncIterable<TestEvent>) {
  const message = messageOf(type, data);
  if (message !== undefined) await send(message);
}
await send({ kind: "end" });
process.disconnect?.();

function messageOf(type: string, data: TestEvent["data"]): ContractMessage | undefined {
  const { name = "", message = "", details } = data;
  // What the suite says of a case whose capability is not there.
  if (type === "test:diagnostic") return message.startsWith("not owed: ") ? { kind: "not-owed" } : undefined;
  if (details?.type === "suite") return undefined;
  if (type === "test:pass") return { kind: "pass", name };
  if (type !== "test:fail") return undefined;
  const cause = details?.error?.cause as { message?: string } | string | undefined;
  const why = typeof cause === "string" ? cause : (cause?.message ?? details?.error?.message ?? "");
  return { kind: "fail", name, message: why };
}
