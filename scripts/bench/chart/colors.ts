import type { ToolName } from "../task.ts";

/** Colours on light; {@link themed} gives them their counterparts on dark. */
export const INK = "#1f2328";
export const FAINT = "#59636e";
export const LINE = "#d1d9e0";
const ON_DARK: Readonly<Record<string, string>> = { [INK]: "#f0f6fc", [FAINT]: "#9198a1", [LINE]: "#3d444d" };

/** Legible on light and on dark, and told apart by their lightness too. */
export const BARS: Readonly<Record<ToolName, string>> = {
  plugfs: "#1f6feb",
  command: "#1f6feb",
  "ali-oss": "#d97706",
  readline: "#d97706",
  opendal: "#8b949e",
  raw: "#aeb6bf",
  port: "#aeb6bf",
};

/** Puts words for those who cannot see it in front, and colours that follow `prefers-color-scheme`. */
export function themed(svg: string, title: string, description: string): string {
  const rules = Object.entries(ON_DARK).map(
    ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  const opening = svg.indexOf(">") + 1;
  return `${svg.slice(0, opening).replace("<svg", '<svg role="img" aria-labelledby="title description"')}
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<style>@media (prefers-color-scheme:dark){${rules.join("")}}</style>
${svg.slice(opening)}
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
