import { addAbortSignal } from "node:stream";
import { FileSystemError } from "../../errors/errors.ts";
import { writeOut } from "../commands/cat.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { expand } from "../globs.ts";

/** Writes standard input to a file; nothing appears there unless all of it arrived. */
export async function fromStandardInput(
  sources: readonly string[],
  target: string,
  options: { readonly overwrite: boolean },
  { place, signal, terminal, output }: CommandContext,
): Promise<ExitCode> {
  if (sources.length > 1) throw new UsageError("- (standard input) is the only source when it is one.");
  const { path, fileSystem } = await place(target);
  if (target.endsWith("/")) {
    const hint = "Standard input has no name: name the file";
    throw new FileSystemError({ code: "EISDIR", path, operation: "copy", hint });
  }
  await using stream = await fileSystem.create(path, { overwrite: options.overwrite, signal });
  for await (const chunk of addAbortSignal(signal, terminal.input)) await stream.write(chunk);
  signal.throwIfAborted();
  const { length } = await stream.close();
  if (output.json) await output.object({ source: "-", target: path, length });
  return EXIT.ok;
}

export async function toStandardOutput(
  sources: readonly string[],
  context: CommandContext,
): Promise<ExitCode> {
  for (const source of sources) {
    for await (const found of expand(source, context)) await writeOut(found, context);
  }
  return EXIT.ok;
}
