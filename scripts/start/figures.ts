/** `6043501` → `6.04 MB` (decimal units, as networks and object stores count). */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(2)} ${units[unit]}`;
}

/** `125716` → `125,716`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Per second, from a count and milliseconds. */
export function perSecond(value: number, milliseconds: number): number {
  return Math.round((value / Math.max(milliseconds, 1)) * 1000);
}
