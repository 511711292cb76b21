import type { Configuration, Logger } from "plugfs";
import { KEYS } from "./keys.ts";

/** Keys of hadoop-aliyun that have no meaning here, and why. Setting them is no mistake. */
export const WITHOUT_MEANING: Readonly<Record<string, string>> = {
  "fs.oss.redirect.enable": "redirects are never followed; they are told as errors that name the endpoint",
  "fs.oss.multipart.complete.retry.limit": "fs.oss.attempts.maximum covers it",
  "fs.oss.multipart.complete.retry.interval": "fs.oss.retry.interval covers it",
  "fs.oss.proxy.domain": "NTLM proxies are not supported",
  "fs.oss.proxy.workstation": "NTLM proxies are not supported",
  "fs.oss.threads.keepalivetime": "there are no threads",
  "fs.oss.max.total.tasks": "nothing waits in queues; writers are held back instead",
  "fs.oss.max.copy.tasks": "nothing waits in queues",
  "fs.oss.block.size": "files have no blocks here",
  "fs.oss.multipart.upload.threshold": "deprecated in Hadoop too; a file of one part is uploaded whole",
};

/** Of other connectors, which users paste together with the rest. */
const OTHER_CONNECTORS = [
  "fs.oss.retry.count",
  "fs.oss.timeout.millisecond",
  "fs.oss.connection.timeout.millisecond",
  "fs.oss.max.connections.per.host",
  "fs.oss.signer.version",
  "fs.oss.blocklet.size.mb",
  "fs.oss.upload.max.pending.tasks.per.stream",
  "fs.oss.write.buffer.size",
  "fs.oss.checksum.crc64.enable",
  "fs.oss.tmp.data.dirs",
  "fs.oss.https.enable",
  "fs.oss.acc.endpoint",
  "fs.oss.put_if_not_exist",
  "fs.oss.change.detection.mode",
  "fs.oss.small.file.threshold",
  "fs.oss.seek.prefetch",
  "fs.oss.readahead.range",
  "fs.oss.input.async.drain.threshold",
  "fs.oss.threads.max",
];
const OTHER_PREFIXES = ["fs.oss.read.readahead.", "fs.oss.prefetch."];

/** Java's class binding, and what plugfs itself reads for every scheme. */
const SILENT = /^fs\.oss\.(impl$|limit\.|timeout$|read-only$)/;

/**
 * Warns once of every `fs.oss.*` key that is set and has no effect, with the reason, or with the nearest name that is
 * known. Keys of single buckets (`fs.oss.bucket.<name>.*`) are judged by what follows the bucket's name.
 */
export function warnOfOtherKeys(configuration: Configuration, logger: Logger): void {
  const known = Object.values(KEYS).flatMap(({ key, fallbackKeys }) => [key, ...fallbackKeys]);
  for (const key of configuration.keys("fs.oss.")) {
    const name = key.replace(/^fs\.oss\.bucket\.[^.]+\./, "fs.oss.");
    if (known.includes(name) || SILENT.test(name)) continue;
    const message = `${key} has no effect: ${whyWithoutEffect(name, known)}`;
    logger.warn({ key, source: configuration.source(key) }, message);
  }
}

function whyWithoutEffect(key: string, known: readonly string[]): string {
  const reason = WITHOUT_MEANING[key];
  if (reason !== undefined) return reason;
  if (OTHER_CONNECTORS.includes(key) || OTHER_PREFIXES.some((prefix) => key.startsWith(prefix))) {
    return "it belongs to another connector (JindoSDK or hadoop-oss-connector-v2)";
  }
  const near = nearest(key, known);
  return near === undefined ? "oss-fs does not know it" : `oss-fs does not know it; is ${near} meant?`;
}

/** The candidate that takes the fewest changes to get to, if they are few. */
function nearest(key: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(key.length / 5)) + 1;
  for (const candidate of candidates) {
    const changes = distance(key.toLowerCase(), candidate.toLowerCase());
    if (changes < fewest) [best, fewest] = [candidate, changes];
  }
  return best;
}

/** Levenshtein's: characters to insert, drop or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
