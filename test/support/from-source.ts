/** Arguments before a program of this repository that a test starts from its source. */
export const fromSource: readonly string[] = [
  "--conditions=plugfs-source",
  "--import",
  import.meta.resolve("tsx"),
];
