import { FileSystemError, Path } from "plugfs";
import { checkedXml, xmlBody } from "./client.ts";
import { forEachConcurrently } from "./concurrency.ts";
import { copyObject } from "./copy.ts";
import { answerError } from "./errors.ts";
import type { ListedObject } from "./listing.ts";
import type { Context } from "./lookup.ts";
import { listPages } from "./pages-ahead.ts";
import { withRetries } from "./retry.ts";
import { checkedKey } from "./status.ts";
import type { Store } from "./store.ts";
import { xmlElements, xmlEscape, xmlRoot, xmlText } from "./xml.ts";

/** Pages of a tree that are copied before their sources are deleted. */
const PAGES_AT_ONCE = 10;

/**
 * Deletes everything with the prefix: a listing and a batch delete for every 1,000 objects. Resolves to how many there
 * were. Stops at the first failure and says how far it came.
 */
export async function deleteTree(store: Store, prefix: string, context: Context): Promise<number> {
  let deleted = 0;
  try {
    for await (const page of listPages(store.client, { prefix, ...context })) {
      const keys = page.objects.map((object) => object.key);
      await deleteKeys(store, keys, context, (count) => {
        deleted += count;
      });
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    if (deleted === 0) throw error;
    const message = `the folder could not be deleted whole: ${deleted} objects were deleted, the others are still there`;
    throw answerError(message, context.about, { cause: error });
  }
  return deleted;
}

/**
 * Moves everything below `from` to below `to`: copies up to ten pages, verifies every copy, then deletes exactly these
 * sources, so that what is added meanwhile survives. When copying fails before anything was deleted, the copies are
 * removed and the source is whole; later, the error says what was moved and what was not.
 */
export async function moveTree(store: Store, from: string, to: string, context: Context): Promise<void> {
  let moved = 0;
  let batch: ListedObject[] = [];
  let pages = 0;
  const move = async (): Promise<void> => {
    await copyBatch(store, batch, (key) => to + key.slice(from.length), moved, context);
    await deleteSources(store, batch, moved, context);
    moved += batch.length;
    batch = [];
    pages = 0;
  };
  for await (const page of listPages(store.client, { prefix: from, ...context })) {
    batch.push(...page.objects);
    if (++pages === PAGES_AT_ONCE) await move();
  }
  if (batch.length > 0) await move();
}

async function copyBatch(
  store: Store,
  batch: readonly ListedObject[],
  target: (key: string) => string,
  moved: number,
  context: Context,
): Promise<void> {
  const { client } = store;
  const { signal, about } = context;
  const copied: string[] = [];
  try {
    for (const { key } of batch) checkedKey(Path.unsafe("oss", client.bucket, target(key)), about.operation);
    await forEachConcurrently(batch, client.settings.copies, async (object) => {
      signal?.throwIfAborted();
      const key = target(object.key);
      const path = Path.unsafe("oss", client.bucket, key);
      await copyObject(store, object, { path, key, overwrite: false, signal, about });
      copied.push(key);
    });
  } catch (error) {
    const left = await takeBack(store, copied, context);
    signal?.throwIfAborted();
    if (moved === 0 && left === 0) throw error;
    const message =
      `the folder could not be moved whole: ${moved} objects were moved, the others are still at the source` +
      (left === 0 ? "" : `, ${left} of them also at the target`);
    throw answerError(message, about, { cause: error });
  }
}

/** Removes copies whose sources are still there; resolves to how many stayed. */
async function takeBack(store: Store, keys: readonly string[], context: Context): Promise<number> {
  let left = keys.length;
  try {
    // Also after an abort: half a copy at the target would block the next attempt.
    await deleteKeys(store, keys, { about: context.about }, (count) => {
      left -= count;
    });
  } catch (error) {
    store.logger.warn({ error, left }, "copies of an unfinished rename could not be removed");
  }
  return left;
}

async function deleteSources(
  store: Store,
  batch: readonly ListedObject[],
  moved: number,
  context: Context,
): Promise<void> {
  let deleted = 0;
  try {
    const keys = batch.map((object) => object.key);
    await deleteKeys(store, keys, context, (count) => {
      deleted += count;
    });
  } catch (error) {
    context.signal?.throwIfAborted();
    const message =
      `the folder could not be moved whole: ${moved + deleted} objects were moved, ` +
      `${batch.length - deleted} were copied and are still at the source too`;
    throw answerError(message, context.about, { cause: error });
  }
}

/**
 * Deletes these keys, a request for up to `fs.oss.paging.maximum` (1,000) of them; `done` hears after each answer how
 * many went. The store's reply is compared with what was asked: what it leaves out is asked for again, then an error.
 */
export async function deleteKeys(
  store: Store,
  keys: readonly string[],
  context: Context,
  done: (count: number) => void,
): Promise<void> {
  const { pageSize } = store.client.settings;
  const inXml = keys.filter((key) => !NOT_XML.test(key));
  for (let from = 0; from < inXml.length; from += pageSize) {
    await deleteBatch(store, inXml.slice(from, from + pageSize), context, done);
  }
  for (const key of keys.filter((key) => NOT_XML.test(key))) {
    await store.client.send({ method: "DELETE", key, ...context });
    done(1);
  }
}

/** Characters that XML 1.0 cannot hold in any spelling; such keys are deleted one by one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

async function deleteBatch(
  store: Store,
  keys: readonly string[],
  context: Context,
  done: (count: number) => void,
): Promise<void> {
  const { client } = store;
  const { about } = context;
  let left: readonly string[] = keys;
  await withRetries(client.settings.retry, context.signal, async (attempt) => {
    const objects = left.map((key) => `<Object><Key>${xmlEscape(key)}</Key></Object>`).join("");
    const answer = await client.sendOnce(
      {
        method: "POST",
        subresources: { delete: "" },
        query: { "encoding-type": "url" },
        ...xmlBody(`<Delete><Quiet>false</Quiet>${objects}</Delete>`),
        ...context,
      },
      attempt,
    );
    const result = xmlRoot(checkedXml(answer, "DeleteResult", about), "DeleteResult");
    const deleted = new Set<string>();
    for (const entry of xmlElements(result, "Deleted")) {
      deleted.add(decodeURIComponent(xmlText(entry, "Key") ?? ""));
    }
    const before = left.length;
    left = left.filter((key) => !deleted.has(key));
    if (left.length < before) {
      done(before - left.length);
      attempt.progress();
    }
    if (left.length > 0) throw notDeleted(left, result, context);
  });
}

function notDeleted(left: readonly string[], result: string, context: Context): FileSystemError {
  const storeCode = [...xmlElements(result, "Error")].map((entry) => xmlText(entry, "Code"))[0];
  const denied = storeCode === "AccessDenied";
  return new FileSystemError({
    ...context.about,
    code: denied ? "EACCES" : "EIO",
    scheme: "oss",
    storeCode,
    message: `${left.length} objects could not be deleted, '${left[0]}' among them`,
    retryable: !denied,
  });
}
