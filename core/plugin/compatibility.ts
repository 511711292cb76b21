/**
 * Checks the range of `peerDependencies.plugfs` against the SPI's version, before anything of the plugin runs: a
 * CommonJS plugin that asks for an export which does not exist gets `undefined` silently.
 */
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";

export type Compatibility = "compatible" | "incompatible" | "undeclared" | "invalid";

export function compatibility(range: string | undefined, spiVersion: string): Compatibility {
  if (range === undefined) return "undeclared";
  if (validRange(range) === null) return "invalid";
  // A prerelease of the SPI counts as the version it leads to: 1.1.0-beta.1 fits ^1.1.0.
  const [release = spiVersion] = spiVersion.split(/[-+]/);
  return satisfies(release, range) ? "compatible" : "incompatible";
}
