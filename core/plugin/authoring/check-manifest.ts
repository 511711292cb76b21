import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import satisfies from "semver/functions/satisfies.js";
import validVersion from "semver/functions/valid.js";
import { SPI_VERSION } from "../../fs/contract.ts";
import { compatibility } from "../compatibility.ts";
import { type Manifest, ManifestProblem, readManifest } from "../manifest.ts";
import { error, type Finding, type Section, warning } from "./report.ts";

export interface CheckedManifest {
  readonly section: Section;
  /** Undefined: it cannot be used, and nothing else can be checked. */
  readonly manifest?: Manifest;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The manifest, and the range of the SPI that it asks for. */
export async function checkManifest(directory: string): Promise<CheckedManifest> {
  let manifest: Manifest;
  try {
    manifest = readManifest(directory);
  } catch (problem) {
    if (!(problem instanceof ManifestProblem)) throw problem;
    const findings = problem.problems.map((text) => {
      const [, place, message = text] = /^([\w.[\]"-]+): (.*)$/s.exec(text) ?? [];
      return error(message, place === undefined ? {} : { place });
    });
    return { json: {}, section: { area: "manifest", summary: "", findings } };
  }
  const json = JSON.parse((await readFile(join(directory, "package.json"), "utf8")).replace(/^\uFEFF/, ""));
  const findings: Finding[] = [
    ...manifest.warnings.map((text) => warning(text)),
    ...identity(manifest),
    ...apiRange(manifest, json),
    ...(await contractFile(directory, manifest, isPacked(json))),
  ];
  if (manifest.schemes === undefined) {
    findings.push(
      warning("the plugin is imported whenever a scheme is looked up that no manifest declares", {
        place: "plugfs.schemes",
        hint: "Declare its schemes",
      }),
    );
  }
  const schemes = (manifest.schemes ?? []).map((scheme) => `${scheme}://`).join(" ");
  const summary = [schemes, `plugfs ${manifest.apiRange}`].filter(Boolean).join(", ");
  return { manifest, json, section: { area: "manifest", summary, findings } };
}

function identity({ name, version }: Manifest): Finding[] {
  const findings: Finding[] = [];
  if (name === undefined) findings.push(warning("there is none; pack and npm need it", { place: "name" }));
  if (version === undefined)
    findings.push(warning("there is none; pack and npm need it", { place: "version" }));
  else if (validVersion(version) === null) {
    findings.push(error(`"${version}" is no version such as 1.0.0`, { place: "version" }));
  }
  return findings;
}

function apiRange({ apiRange }: Manifest, json: Record<string, unknown>): Finding[] {
  const place = "peerDependencies.plugfs";
  const findings: Finding[] = [];
  const recommended = `Write "^${SPI_VERSION}"`;
  if (hasKey(json.dependencies, "plugfs")) {
    findings.push(
      error("a plugin takes plugfs from its host; as a dependency a second copy is installed", {
        place: "dependencies.plugfs",
        hint: "Move it to peerDependencies and devDependencies",
      }),
    );
  }
  switch (compatibility(apiRange, SPI_VERSION)) {
    case "undeclared":
      findings.push(
        warning("no range of the SPI: a host cannot tell whether the plugin fits", {
          place,
          hint: recommended,
        }),
      );
      break;
    case "invalid":
      findings.push(error(`"${apiRange}" is no range`, { place, hint: recommended }));
      break;
    case "incompatible":
      findings.push(
        error(
          `"${apiRange}" does not include ${SPI_VERSION}, the SPI of this plugfs: it would not be imported`,
          { place },
        ),
      );
      break;
    case "compatible": {
      const next = `${Number(SPI_VERSION.split(".")[0]) + 1}.0.0`;
      if (apiRange !== undefined && satisfies(next, apiRange)) {
        findings.push(
          warning(`"${apiRange}" includes ${next}, which may change what the plugin rests on`, {
            place,
            hint: recommended,
          }),
        );
      }
    }
  }
  return findings;
}

async function contractFile(directory: string, { contract }: Manifest, packed: boolean): Promise<Finding[]> {
  const place = "plugfs.contract";
  if (contract === undefined) {
    // Packing leaves it with the source.
    if (packed) return [];
    const hint = "Name the test that runs plugfs/testing";
    return [warning("no contract test is named, so nothing is proven", { place, hint })];
  }
  const exists = await access(join(directory, contract)).then(
    () => true,
    () => false,
  );
  return exists ? [] : [error(`${contract} does not exist`, { place })];
}

function isPacked({ files }: Record<string, unknown>): boolean {
  return Array.isArray(files) && files.includes("THIRD-PARTY-NOTICES");
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}
