import { distance } from "fastest-levenshtein";

/** The nearest known name, when it is near enough to be a slip; of several the one of the nearest length. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const limit = Math.min(name.length - 1, name.length <= 4 ? 2 : 3);
  let best: { readonly name: string; readonly far: number } | undefined;
  for (const candidate of known) {
    const edits = candidate.startsWith(name) && name.length > 1 ? 1 : distance(name, candidate);
    const far = edits + Math.abs(candidate.length - name.length) / 100;
    if (edits <= limit && (best === undefined || far < best.far)) best = { name: candidate, far };
  }
  return best?.name;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const found = nearest(name, known);
  return found === undefined ? "" : ` Did you mean ${found}?`;
}
