/** What went wrong first, where the clean-up after it (`await using`) went wrong too. */
export function original(error: unknown): unknown {
  let first = error;
  while (first instanceof Error && first.name === "SuppressedError" && "suppressed" in first) {
    first = first.suppressed;
  }
  return first;
}
