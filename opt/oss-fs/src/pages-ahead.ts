import type { FileSystemError } from "plugfs";
import { onAbort } from "./abort.ts";
import type { OssClient } from "./client.ts";
import { type ListPage, type ListRequest, listPage } from "./listing.ts";
import { Run } from "./run.ts";
import type { Scout } from "./split-points.ts";

/** Requests at the same time at most, if there are twice as many connections. */
const MOST_LANES = 16;
/** Aimed at for a run; also the most that wait to be read of one run. */
const PAGES_OF_RUN = 3;
/** Characters of the pages that are held or on their way besides the next one: of ordinary keys some pages. */
const MOST_AHEAD = 2 * 1024 * 1024;

/**
 * All pages, in order. The first one is asked for alone. When it is read and more are wanted, pages are asked for
 * ahead of the reader, and without a delimiter several at a time: listings by folders tell where the keys can be split
 * into runs, which are listed side by side and handed out one after another.
 *
 * Where folders are tiny, or there are none, the pages come one after another, one request a page. Elsewhere runs end
 * within a page, which costs up to as many requests again, and the search for them up to a quarter. Held are 48 pages
 * at most, fewer of long keys. When the reader leaves, requests on their way are ended.
 */
export async function* listPages(client: OssClient, request: ListRequest): AsyncGenerator<ListPage> {
  const first = await listPage(client, request);
  yield first;
  if (first.next !== undefined) yield* new PagesAhead(client, request, first).pages();
}

class PagesAhead {
  readonly #client: OssClient;
  readonly #request: ListRequest;
  readonly #lanes: number;
  readonly #pageSize: number;
  /** Ends the requests on their way. */
  readonly #end = new AbortController();
  /** What is still to be read, in order. */
  readonly #runs: Run[];
  readonly #onTheirWay = new Set<Promise<void>>();
  #wake: () => void = () => {};
  #pagesRead = 1;
  #pagesCame = 1;
  #scouted = 0;
  #mayNarrow = true;
  #keys: number;
  /** Characters of the longest page. */
  #longest: number;

  constructor(client: OssClient, request: ListRequest, first: ListPage) {
    const { prefix, startAfter } = request;
    const { connections, pageSize } = client.settings;
    this.#client = client;
    this.#request = request;
    this.#pageSize = request.limit ?? pageSize;
    this.#lanes = Math.max(1, Math.min(MOST_LANES, Math.floor(connections / 2)));
    this.#keys = first.objects.length;
    this.#longest = first.size;
    const run = new Run({ after: startAfter, until: undefined, floor: prefix.length - 1 });
    run.take(first, PAGES_OF_RUN);
    if (request.delimiter === undefined) run.lookAhead(1);
    run.pages.length = 0;
    this.#runs = [run];
  }

  async *pages(): AsyncGenerator<ListPage> {
    const { signal } = this.#request;
    const forget = onAbort(signal, () => this.#end.abort(signal?.reason));
    try {
      for (let run = this.#runs[0]; run !== undefined; run = this.#runs[0]) {
        signal?.throwIfAborted();
        this.#fill();
        const page = run.pages.shift();
        if (page !== undefined) {
          yield page;
          this.#pagesRead++;
        } else if (run.failure !== undefined) {
          throw run.failure.error;
        } else if (run.isDone) {
          this.#runs.shift();
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      forget();
      this.#end.abort();
      await Promise.all(this.#onTheirWay);
    }
  }

  /** Asks for what is wanted next, nearest to the reader first; the more has been read, the more at a time. */
  #fill(): void {
    const lanes = Math.min(this.#lanes, 2 * this.#pagesRead);
    for (let i = 0; this.#onTheirWay.size < lanes; i++) {
      const run = this.#runs[i];
      if (run === undefined || run.failure !== undefined || this.#end.signal.aborted) return;
      if (!this.#isRoom(run, i === 0)) return;
      if (!run.isBusy && !run.isDone && run.pages.length < PAGES_OF_RUN) {
        this.#split(run, i);
        this.#send(this.#list(run));
      }
      const { scout } = run;
      if (scout !== undefined && this.#onTheirWay.size < lanes && this.#isScoutWanted(run, scout)) {
        this.#send(this.#explore(scout));
      }
    }
  }

  /** Leaves of a run what should be some pages, as far as places to split are known. */
  #split(run: Run, index: number): void {
    const wanted = this.#childrenOfRun(run);
    const level = run.points[0]?.level;
    if (run.points.length < wanted) return;
    let last = wanted - 1;
    while (run.points[last]?.level !== level) last--;
    const rest = run.splitAt(last);
    if (rest !== undefined) this.#runs.splice(index + 1, 0, rest);
  }

  #childrenOfRun({ points }: Run): number {
    const pages = (points[0]?.level.keysOfChild ?? 1) / this.#pageSize;
    // A folder by itself fills its last page by half on average, several leave as much of theirs to what follows.
    return Math.ceil(pages) <= 1.25 * pages ? 1 : Math.max(1, Math.round(PAGES_OF_RUN / pages));
  }

  /** What the reader wants next is always asked for; what comes later while little is held, and little was wasted. */
  #isRoom(run: Run, isNext: boolean): boolean {
    if (isNext && run.pages.length === 0) return true;
    const held = this.#runs.reduce((sum, { pages, isBusy }) => sum + pages.length + (isBusy ? 1 : 0), 0);
    const most = Math.min(this.#lanes * PAGES_OF_RUN, MOST_AHEAD / this.#longest);
    const isThrifty = this.#pagesCame <= (2 * this.#keys) / this.#pageSize + this.#lanes;
    return held < most && (isNext || isThrifty);
  }

  #isScoutWanted(run: Run, scout: Scout): boolean {
    const isAffordable = this.#scouted < 3 + this.#keys / this.#pageSize / 4;
    const isEnough = run.points.length >= this.#childrenOfRun(run) * this.#lanes;
    return !scout.isBusy && !scout.isOver && !isEnough && isAffordable && this.#lanes > 1;
  }

  #send(work: Promise<void>): void {
    const sent = work.finally(() => {
      this.#onTheirWay.delete(sent);
      this.#fill();
      this.#wake();
    });
    this.#onTheirWay.add(sent);
  }

  async #list(run: Run): Promise<void> {
    run.isBusy = true;
    try {
      const page = await this.#pageOf(run);
      this.#longest = Math.max(this.#longest, page.size);
      this.#keys += run.take(page, PAGES_OF_RUN);
      this.#pagesCame++;
      if (this.#request.delimiter === undefined) run.lookAhead(PAGES_OF_RUN);
    } catch (error) {
      run.failure = { error };
    }
    run.isBusy = false;
  }

  /** A run that is one folder is listed as that folder, so that no page reaches beyond its end. */
  async #pageOf(run: Run): Promise<ListPage> {
    const whole = { ...this.#request, startAfter: run.after, signal: this.#end.signal };
    if (run.token === undefined && this.#mayNarrow) run.prefix = run.onlyFolder;
    const { prefix } = run;
    if (prefix === undefined) return listPage(this.#client, whole, run.token);
    try {
      return await listPage(this.#client, { ...whole, prefix, startAfter: undefined }, run.token);
    } catch (error) {
      // A RAM policy may allow `oss:Prefix` to be what was asked for, and nothing else.
      if (run.token !== undefined || (error as Partial<FileSystemError>).code !== "EACCES") throw error;
      this.#mayNarrow = false;
      run.prefix = undefined;
      return listPage(this.#client, whole);
    }
  }

  async #explore(scout: Scout): Promise<void> {
    scout.isBusy = true;
    this.#scouted++;
    const { token, ...where } = scout.request;
    try {
      const page = await listPage(
        this.#client,
        { ...this.#request, ...where, signal: this.#end.signal },
        token,
      );
      const points = scout.take(page, this.#pageSize);
      this.#runs.find((run) => run.scout === scout)?.learn(points);
    } catch {
      // The pages come one after another then; what is really wrong they will tell.
      scout.isOver = true;
    }
    scout.isBusy = false;
  }
}
