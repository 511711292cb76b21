import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Colours for one stream: on a terminal that has them. `NO_COLOR` (no-color.org) switches them off, `FORCE_COLOR` on,
 * with `FORCE_COLOR=0` off; where both are set `FORCE_COLOR` counts, as in Node.
 */
export function colorsFor(
  stream: { readonly isTTY?: boolean; hasColors?(): boolean },
  environment: Readonly<Record<string, string | undefined>>,
): Colors {
  const { FORCE_COLOR: force, NO_COLOR: no } = environment;
  const wanted =
    force !== undefined && force !== ""
      ? force !== "0" && force !== "false"
      : (no === undefined || no === "") && stream.isTTY === true && stream.hasColors?.() !== false;
  return picocolors.createColors(wanted);
}
