import { malformedXml } from "./errors.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** `text` as XML character data. A control character that XML 1.0 cannot carry becomes a reference, as in OSS. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be found
  return text.replace(/[&<>"'\u0000-\u001f\u007f\ufffe\uffff]/g, (character) => {
    return ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

/** `<name>text</name>`, with the text escaped. */
export function element(name: string, text: string | number | boolean | bigint): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

/** A whole document whose root holds `content`, which is XML already. */
export function document(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${content}</${root}>\n`;
}

export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** The children of `parent` that are called `name`. */
export function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/** The text of the one child called `name`; absent: undefined; twice: MalformedXML. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  const found = childrenOf(parent, name);
  if (found.length > 1) throw malformedXml();
  return found[0]?.text;
}

const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>/]+)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/gy;

/**
 * Reads the small documents that OSS takes as request bodies. Namespaces are ignored, attributes dropped;
 * a document type, an unknown entity or unbalanced tags are refused with MalformedXML.
 */
export function parseXml(source: string): XmlElement {
  interface Open {
    name: string;
    text: string;
    children: XmlElement[];
  }
  const top: Open = { name: "", text: "", children: [] };
  const open: Open[] = [top];
  const token = new RegExp(TOKEN);
  const input = source.startsWith("\ufeff") ? source.slice(1) : source;
  while (token.lastIndex < input.length) {
    const match = token.exec(input);
    if (match === null) throw malformedXml();
    const [, cdata, closing, tag, , selfClosing, text] = match;
    const current = open[open.length - 1] as Open;
    if (cdata !== undefined) current.text += cdata;
    else if (text !== undefined) current.text += unescapeXml(text);
    else if (tag !== undefined) {
      if (tag.startsWith("!")) throw malformedXml();
      const name = tag.slice(tag.indexOf(":") + 1);
      if (closing === "/") {
        if (current.name !== name || open.length === 1) throw malformedXml();
        open.pop();
        (open[open.length - 1] as Open).children.push(current);
      } else if (selfClosing === "/") current.children.push({ name, text: "", children: [] });
      else {
        if (open.length > 16) throw malformedXml();
        open.push({ name, text: "", children: [] });
      }
    }
  }
  const root = top.children[0];
  if (open.length !== 1 || root === undefined || top.children.length !== 1 || top.text.trim() !== "") {
    throw malformedXml();
  }
  return root;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&([^;\s&]*;?)/g, (_, reference: string) => {
    const body = reference.endsWith(";") ? reference.slice(0, -1) : "";
    const named = NAMED[body];
    if (named !== undefined) return named;
    const code = /^#x[0-9a-f]+$/i.test(body)
      ? Number.parseInt(body.slice(2), 16)
      : /^#\d+$/.test(body)
        ? Number.parseInt(body.slice(1), 10)
        : Number.NaN;
    if (!(code <= 0x10ffff)) throw malformedXml();
    return String.fromCodePoint(code);
  });
}
