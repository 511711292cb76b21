/**
 * Draws core/cli/terminal.svg from a real run, in colour:
 *
 *   node --conditions=plugfs-source --import tsx test/cli/picture.ts
 */
import { writeFile } from "node:fs/promises";
import stringWidth from "string-width";
import { openConsole } from "./console.ts";

const LINES = [
  "plugfs plugins enable oss-fs",
  "plugfs cp -r site oss://demo/site",
  "plugfs ls -R oss://demo/site",
  "plugfs du oss://demo/site",
  "echo New >> site/index.html && plugfs sync site oss://demo/site",
  "plugfs conf fs.oss",
  "plugfs doctor oss://demo",
  "plugfs cat oss://demo/site/index.htm",
];

const WIDTH = 108;
const CELL = { width: 7.8, height: 19 };
const FILL: Readonly<Record<string, string>> = {
  31: "#ff7b72",
  32: "#7ee787",
  33: "#e3b341",
  34: "#79c0ff",
  36: "#76e3ea",
};

/** A text with the colour codes of picocolors, as SVG. */
function spans(text: string): string {
  let fill: string | undefined;
  let bold = false;
  let dim = false;
  let svg = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  for (const [, code, plain] of text.matchAll(/\u001b\[(\d+)m|([^\u001b]+)/g)) {
    if (plain !== undefined) {
      const style = [
        fill === undefined ? "" : ` fill="${fill}"`,
        bold ? ' font-weight="bold"' : "",
        dim ? ' fill-opacity="0.6"' : "",
      ].join("");
      const escaped = plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      svg += style === "" ? escaped : `<tspan${style}>${escaped}</tspan>`;
    } else if (code === "1") bold = true;
    else if (code === "2") dim = true;
    else if (code === "22") bold = dim = false;
    else fill = FILL[code ?? ""];
  }
  return svg;
}

/** As a terminal breaks lines; codes have no width. */
function wrapped(line: string): string[] {
  const rows = [""];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  for (const piece of line.match(/\u001b\[\d+m|[^\u001b]/gu) ?? []) {
    const row = rows.at(-1) ?? "";
    if (stringWidth(row + piece) > WIDTH) rows.push(piece);
    else rows[rows.length - 1] = row + piece;
  }
  return rows;
}

await using shell = await openConsole({ FORCE_COLOR: "1" });
const rows: string[] = [];
for (const line of LINES) {
  rows.push(`\u001b[32m$\u001b[39m \u001b[1m${line}\u001b[22m`);
  const printed = await shell.run(line);
  if (printed !== "") rows.push(...printed.split("\n").flatMap(wrapped));
}
const width = Math.ceil(WIDTH * CELL.width + 32);
const height = rows.length * CELL.height + 32;
const texts = rows.map((row, i) => `<text x="16" y="${(i + 1) * CELL.height + 10}">${spans(row)}</text>`);
await writeFile(
  new URL("../../core/cli/terminal.svg", import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="plugfs in a terminal">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#e6edf3" xml:space="preserve" style="white-space: pre">
${texts.join("\n")}
</g>
</svg>
`,
);
