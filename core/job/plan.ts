import type { Sink } from "../text/sink.ts";
import type { TextSource } from "../text/source.ts";
import { compileStages, type Run, type Stage } from "../text/stages.ts";
import type { LineStream, SinkDeclaration } from "../text/text-stream.ts";

/** Functions that run one after the other, and who takes their values. */
export interface Branch {
  readonly run: Run;
  readonly sinks: readonly Sink[];
  readonly next: readonly Branch[];
}

/** One source with everything that hangs on it. */
export interface Flow {
  readonly source: TextSource;
  readonly branch: Branch;
  /** The widest sink. */
  readonly parallelism: number;
  /** Readings side by side: as many as leave each writer of each sink to one of them, so that it keeps its order. */
  readonly lanes: number;
  /** Source, functions and sinks, in words. */
  readonly description: readonly string[];
  /** The most calls at once of any function. */
  readonly concurrency: number;
}

interface Node {
  readonly stage: Stage | undefined;
  readonly sinks: Sink[];
  readonly children: Map<LineStream<unknown>, Node>;
}

/** Each source is read once, and each function called once for a value, however many sinks lie behind it. */
export function planFlows(
  sinks: readonly { readonly declaration: SinkDeclaration; readonly sink: Sink }[],
): Flow[] {
  const roots = new Map<TextSource, Node>();
  const widths = new Map<TextSource, number[]>();
  const descriptions = new Map<TextSource, string[]>();
  const concurrencies = new Map<TextSource, number>();
  for (const { declaration, sink } of sinks) {
    const { source } = declaration.stream;
    let node = nodeAt(roots, source, undefined);
    for (const stream of lineage(declaration.stream)) node = nodeAt(node.children, stream, stream.stage);
    node.sinks.push(sink);
    widths.set(source, [...(widths.get(source) ?? []), sink.parallelism]);
    const stages = declaration.stream.stages();
    const description = descriptions.get(source) ?? [`the source ${source.description}`];
    const names = stages.map(({ kind }) => ` | ${kind}`).join("");
    descriptions.set(source, [...description, `the sink${names} | writeAsText ${sink.description}`]);
    const concurrency = stages.map((stage) => stage.concurrency);
    concurrencies.set(source, Math.max(concurrencies.get(source) ?? 1, ...concurrency));
  }
  return [...roots].map(([source, root]) => ({
    source,
    branch: compile(root),
    parallelism: Math.max(...(widths.get(source) ?? [1])),
    lanes: lanesFor(widths.get(source) ?? [1]),
    description: descriptions.get(source) ?? [],
    concurrency: concurrencies.get(source) ?? 1,
  }));
}

/** How many readings side by side a source allows whose sinks are so wide. */
export function lanesFor(parallelisms: readonly number[]): number {
  return parallelisms.reduce(greatestCommonDivisor);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function nodeAt<K>(nodes: Map<K, Node>, key: K, stage: Stage | undefined): Node {
  const node = nodes.get(key) ?? { stage, sinks: [], children: new Map() };
  nodes.set(key, node);
  return node;
}

/** The streams behind the source, down to this one. */
function lineage(stream: LineStream<unknown>): LineStream<unknown>[] {
  const streams: LineStream<unknown>[] = [];
  for (let at: LineStream<unknown> | undefined = stream; at?.stage !== undefined; at = at.parent) {
    streams.unshift(at);
  }
  return streams;
}

function compile(root: Node): Branch {
  const stages: Stage[] = [];
  let node = root;
  for (;;) {
    if (node.stage !== undefined) stages.push(node.stage);
    const [child] = node.children.values();
    if (child === undefined || node.children.size > 1 || node.sinks.length > 0) break;
    node = child;
  }
  return { run: compileStages(stages), sinks: node.sinks, next: [...node.children.values()].map(compile) };
}
