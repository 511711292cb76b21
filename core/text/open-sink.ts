import type { Configuration } from "../config/configuration.ts";
import type { FileSystems } from "../fs/provider.ts";
import { RollingSink } from "./rolling-sink.ts";
import type { Sink } from "./sink.ts";
import type { SinkDeclaration } from "./text-stream.ts";
import { TextSink } from "./write-as-text.ts";

/** The sink that a `writeAsText` asks for. */
export function openSink(
  fileSystems: FileSystems,
  configuration: Configuration,
  declaration: SinkDeclaration,
): Sink {
  return declaration.options.rolling === undefined
    ? new TextSink(fileSystems, configuration, declaration)
    : new RollingSink(fileSystems, declaration);
}
