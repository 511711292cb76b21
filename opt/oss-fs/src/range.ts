import { FileSystemError } from "plugfs";
import { checkedEtag, header, type OssClient, type StoreRequest } from "./client.ts";
import { type About, answerError, storeCodeOf } from "./errors.ts";
import { type Attempt, isOwnError, isRetryable, withRetries } from "./retry.ts";
import { quoted } from "./status.ts";
import type { Answer, Receiver } from "./transport.ts";

export interface RangeRequest {
  readonly key: string;
  /** First byte. */
  readonly start: number;
  /** Exclusive; inside the object. */
  readonly end: number;
  /** Bytes of the object. */
  readonly total: number;
  /** Pins the object's version; "" where the store tells none. */
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
  readonly about: About;
  /** Sees every answer before its bytes. */
  readonly onAnswer?: (answer: Answer) => void;
}

/**
 * Hands the bytes of the range to `receiver`, each exactly once and in order. A body that breaks off is continued from
 * its offset; an object that was replaced meanwhile is `ESTALE`, never a mixture. `first` is an answer to the same
 * range that is there already.
 */
export async function readRange(
  client: OssClient,
  request: RangeRequest,
  receiver: Receiver,
  first?: Answer,
): Promise<void> {
  let at = request.start;
  const consume = async (answer: Answer, attempt?: Attempt): Promise<void> => {
    request.onAnswer?.(answer);
    try {
      await answer.consume({
        take(chunk) {
          if (at + chunk.length > request.end)
            throw answerError("the store sent too many bytes", request.about);
          at += chunk.length;
          attempt?.progress();
          receiver.take(chunk);
        },
        space: () => receiver.space?.(),
      });
    } catch (failure) {
      throw isOwnError(failure) ? failure : client.failed(failure, request);
    }
    if (at < request.end)
      throw answerError("the store sent too few bytes", request.about, { retryable: true });
  };
  const { retry } = client.settings;
  if (first !== undefined) {
    try {
      return await consume(first);
    } catch (error) {
      if (!isRetryable(error) || retry.retries === 0) throw error;
    }
  }
  await withRetries(retry, request.signal, async (attempt) => {
    await consume(await openRange(client, request, at, attempt), attempt);
  });
}

async function openRange(
  client: OssClient,
  request: RangeRequest,
  start: number,
  attempt: Attempt,
): Promise<Answer> {
  const { key, end, total, version, signal, about } = request;
  const answer = await client.openOnce(
    {
      method: "GET",
      key,
      headers: {
        Range: `bytes=${start}-${end - 1}`,
        ...STANDARD_RANGES,
        ...(version === "" ? {} : { "If-Match": quoted(version) }),
      },
      signal,
      about,
    },
    attempt,
  );
  const range = contentRange(answer);
  const right = range?.start === start && range.end === end && range.total === total;
  if (answer.status === 206 && right) return answer;
  answer.discard();
  if (range !== undefined && range.total !== total) throw staleError(about);
  throw answerError(`the store did not answer the range ${start}-${end - 1} that was asked for`, about);
}

/** Else OSS answers a range that reaches past the end with the whole object. */
const STANDARD_RANGES = { "x-oss-range-behavior": "standard" } as const;

export interface OpenRequest {
  readonly key: string;
  readonly start: number;
  /** Exclusive; may lie past the end of the object. */
  readonly end: number;
  readonly ifVersion?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly about: About;
}

/** The first answer of an object whose length is not known yet. */
export interface OpenedRange {
  readonly answer: Answer;
  /** Exclusive; where the answer's body ends. */
  readonly end: number;
  /** Bytes of the object. */
  readonly total: number;
}

/**
 * Opens an object with its first bytes: one request, with retries. Undefined when `start` lies at or past the end,
 * which OSS tells by `InvalidRange`.
 */
export function openFirstRange(client: OssClient, request: OpenRequest): Promise<OpenedRange | undefined> {
  return withRetries(client.settings.retry, request.signal, async (attempt) => {
    try {
      const answer = await client.openOnce(firstRequest(request), attempt);
      try {
        checkedEtag(answer, request.about);
        return checkFirst(answer, request);
      } catch (error) {
        answer.discard();
        throw error;
      }
    } catch (error) {
      if (storeCodeOf(error) === "InvalidRange") return undefined;
      throw error;
    }
  });
}

function firstRequest(request: OpenRequest): StoreRequest {
  const { key, start, end, ifVersion, signal, about } = request;
  return {
    method: "GET",
    key,
    headers: {
      Range: `bytes=${start}-${end - 1}`,
      // From the start OSS's own rule is the better one: of an object that is shorter it sends the whole, also when
      // it is empty, where the standard knows only an error.
      ...(start === 0 ? {} : STANDARD_RANGES),
      ...(ifVersion === undefined ? {} : { "If-Match": quoted(ifVersion) }),
    },
    signal,
    about,
  };
}

function checkFirst(answer: Answer, request: OpenRequest): OpenedRange {
  if (answer.status === 206) {
    const range = contentRange(answer);
    if (range !== undefined && range.start === request.start && range.end <= request.end) {
      return { answer, end: range.end, total: range.total };
    }
  } else if (answer.status === 200 && request.start === 0) {
    const total = Number(header(answer, "content-length"));
    if (total <= request.end) return { answer, end: total, total };
  }
  throw answerError("the store ignored the range that was asked for", request.about);
}

function contentRange(answer: Answer): { start: number; end: number; total: number } | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header(answer, "content-range") ?? "");
  if (match === null) return undefined;
  return { start: Number(match[1]), end: Number(match[2]) + 1, total: Number(match[3]) };
}

export function staleError(about: About): FileSystemError {
  return new FileSystemError({ ...about, code: "ESTALE", scheme: "oss" });
}
