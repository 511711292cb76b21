import type { ToolName } from "../task.ts";

/** Colours of the drawing; {@link themed} makes ink and faint follow the reader's light or dark. */
export const INK = "#1f2328";
export const FAINT = "#59636e";
export const LINE = "#d1d9e0";

/** Told apart by their lightness too, on light and on dark. */
export const BARS: Readonly<Record<ToolName, string>> = {
  plugfs: "#1f6feb",
  command: "#1f6feb",
  "ali-oss": "#d97706",
  opendal: "#8b949e",
  readline: "#d97706",
  raw: "#aeb6bf",
};

/** Puts words for those who cannot see it in front, and colours that change with `prefers-color-scheme`. */
export function themed(svg: string, title: string, description: string): string {
  const classes: Record<string, string> = { [INK]: "ink", [FAINT]: "faint", [LINE]: "line" };
  let drawn = svg;
  for (const [color, name] of Object.entries(classes)) {
    drawn = drawn
      .replaceAll(`fill="${color}"`, `class="${name}"`)
      .replaceAll(`stroke="${color}"`, `class="${name}-stroke"`);
  }
  const style = `
.ink{fill:${INK}}.faint{fill:${FAINT}}.line{fill:${LINE}}.line-stroke{stroke:${LINE}}.faint-stroke{stroke:${FAINT}}.ink-stroke{stroke:${INK}}
@media (prefers-color-scheme:dark){.ink{fill:#f0f6fc}.faint{fill:#9198a1}.line{fill:#3d444d}.line-stroke{stroke:#3d444d}.faint-stroke{stroke:#9198a1}.ink-stroke{stroke:#f0f6fc}}
`;
  const opening = drawn.indexOf(">") + 1;
  const head = drawn.slice(0, opening).replace("<svg", '<svg role="img" aria-labelledby="title description"');
  return `${head}
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<style>${style}</style>
${drawn.slice(opening)}
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
