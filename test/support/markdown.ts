/** A fenced block of a Markdown file. */
export interface Block {
  /** Of the opening fence, from 1. */
  readonly line: number;
  /** First word after the fence: `ts`, `sh`; "" when there is none. */
  readonly language: string;
  /** What follows the first word. */
  readonly info: string;
  /** The value of `file=` in the info. */
  readonly file?: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown text, in order. A block that is never closed is an error. */
export function fencedBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const opening = /^(\s*)(`{3,}|~{3,})(\S*)\s*(.*)$/.exec(lines[i] ?? "");
    if (opening === null) continue;
    const [, indent = "", fence = "", language = "", info = ""] = opening;
    const end = lines.findIndex((line, j) => j > i && line.trim() === fence);
    if (end === -1) throw new Error(`the block that begins in line ${i + 1} is never closed`);
    const body = lines
      .slice(i + 1, end)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    const file = /(?:^|\s)file=(\S+)/.exec(info)?.[1];
    blocks.push({ line: i + 1, language, info, ...(file && { file }), text: `${body.join("\n")}\n` });
    i = end;
  }
  return blocks;
}
