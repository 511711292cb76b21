import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A package whose code is in a bundle. */
export interface BundledPackage {
  readonly directory: string;
  readonly name: string;
  readonly version: string;
}

/**
 * What the licences of bundled packages ask a distributor to hand on: for each package its name, version, declared licence
 * and the texts of its LICENSE, COPYING and NOTICE files; where it ships none, the licence section of its README.
 */
export async function thirdPartyNotices(
  plugin: string,
  packages: readonly BundledPackage[],
): Promise<string> {
  const sections = await Promise.all(packages.map(section));
  const head =
    packages.length === 0
      ? `${plugin} holds no code of other packages.\n`
      : `${plugin} holds code of the packages below, each under its own licence.\n`;
  return [head, ...sections].join(`\n${"=".repeat(80)}\n\n`);
}

async function section({ directory, name, version }: BundledPackage): Promise<string> {
  const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  const files = (await readdir(directory)).sort();
  const texts: string[] = [];
  for (const file of files.filter(
    (name) => /^(licen[sc]e|copying|notice)/i.test(name) && !/\.[cm]?[jt]s$/.test(name),
  )) {
    texts.push((await readFile(join(directory, file), "utf8")).trim());
  }
  const readme = files.find((name) => /^readme/i.test(name));
  if (texts.length === 0 && readme !== undefined) {
    texts.push(licenceSection(await readFile(join(directory, readme), "utf8")));
  }
  const text = texts.filter((part) => part !== "").join("\n\n") || "(The package ships no licence text.)";
  return `${name} ${version}\nLicence: ${declaredLicence(manifest) ?? "not declared"}${line("Author", person(manifest.author))}\n\n${normalise(text)}\n`;
}

/** The field has had three forms over the years: an SPDX expression, an object, a list of objects. */
export function declaredLicence(manifest: {
  readonly license?: unknown;
  readonly licenses?: unknown;
}): string | undefined {
  const field = manifest.license ?? manifest.licenses;
  const all = (Array.isArray(field) ? field : [field]).map((one) =>
    typeof one === "object" ? one?.type : one,
  );
  const named = all.filter((one) => typeof one === "string" && one !== "");
  return named.length === 0 ? undefined : named.join(" OR ");
}

function person(author: unknown): string {
  if (typeof author === "string") return author;
  const { name, email } = (author ?? {}) as { name?: string; email?: string };
  return [name, email && `<${email}>`].filter(Boolean).join(" ");
}

function line(label: string, value: string): string {
  return value === "" ? "" : `\n${label}: ${value}`;
}

function licenceSection(readme: string): string {
  const match = /^#+[ \t]*\(?licen[sc]e\b.*$|^licen[sc]e[ \t]*\n[-=]+$/im.exec(readme);
  if (match === null) return "";
  const rest = readme.slice(match.index + match[0].length);
  const end = /^#+[ \t]*\S/m.exec(rest);
  return (end === null ? rest : rest.slice(0, end.index)).trim();
}

function normalise(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(/[ \t]+$/gm, "");
}
