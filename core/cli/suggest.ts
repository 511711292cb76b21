import { distance } from "fastest-levenshtein";

/** The nearest known name, when it is near enough to be a slip. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.min(3, Math.floor(name.length / 2)));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const d = candidate.startsWith(name) && name.length > 1 ? 1 : distance(name, candidate);
    if (d <= limit && (best === undefined || d < best.distance)) best = { name: candidate, distance: d };
  }
  return best?.name;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const found = nearest(name, known);
  return found === undefined ? "" : ` Did you mean ${found}?`;
}
