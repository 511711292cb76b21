import { compareUtf8 } from "plugfs";
import type { ListedObject, ListPage } from "./listing.ts";
import { type Level, levelBehind, Scout, type SplitPoint } from "./split-points.ts";

export interface Stretch {
  /** Exclusive; undefined: from the beginning. */
  readonly after: string | undefined;
  /** Inclusive; undefined: to the end. */
  readonly until: string | undefined;
  /** Folders whose names are no longer than this tell nothing new about where to split. */
  readonly floor: number;
  /** What begins behind `after`, where that is known. */
  readonly folder?: string;
  /** Whose children it consists of, where that is known. */
  readonly level?: Level;
}

/** A stretch of keys that is listed page after page. The rest of it can be split off, to be listed meanwhile. */
export class Run {
  /** Exclusive; undefined: from the beginning. */
  readonly after: string | undefined;
  /** Those that nobody has taken yet. */
  readonly pages: ListPage[] = [];
  /** The `next` of the page that came last. */
  token: string | undefined;
  /** The folder that is listed instead of the whole. */
  prefix: string | undefined;
  /** A page is on its way. */
  isBusy = false;
  /** Every page has come. */
  isDone = false;
  failure: { readonly error: unknown } | undefined;
  /** Finds places to split at. */
  scout: Scout | undefined;
  /** Where to split: behind what has come, ascending. */
  points: readonly SplitPoint[] = [];
  readonly #folder: string | undefined;
  readonly #level: Level | undefined;
  #until: string | undefined;
  /** The folder that ends with it, unless it is one of several. */
  #ending: string | undefined;
  #floor: number;
  /** The last key that came. */
  #at: string;
  #pages = 0;
  /** Of which the level does not know yet. */
  #keys = 0;
  #children = 0;

  constructor({ after, until, floor, folder, level }: Stretch) {
    this.after = after;
    this.#at = after ?? "";
    this.#until = until;
    this.#floor = floor;
    this.#folder = folder;
    this.#level = level;
  }

  /** The folder that it consists of, if it is one. */
  get onlyFolder(): string | undefined {
    return this.#folder === this.#ending ? this.#folder : undefined;
  }

  /** A page has come. Returns how many keys of it belong here. `pages`: how many were aimed at. */
  take(page: ListPage, pages: number): number {
    const objects = this.#own(page.objects);
    this.token = page.next;
    this.isDone ||= page.next === undefined;
    this.#at = objects.at(-1)?.key ?? this.#at;
    const left = this.isDone ? [] : this.points.filter(({ at }) => compareUtf8(at, this.#at) > 0);
    this.#count(objects.length, this.points.length - left.length + (this.isDone ? 1 : 0), pages);
    this.points = left;
    if (objects.length + page.prefixes.length > 0) this.pages.push({ ...page, objects });
    return objects.length;
  }

  /** The level hears of it at the end, and earlier only when that is farther than it should be. */
  #count(keys: number, children: number, pages: number): void {
    this.#keys += keys;
    this.#children += children;
    if (++this.#pages <= pages && !this.isDone) return;
    this.#level?.observe(this.#keys, this.#children);
    this.#keys = 0;
    this.#children = 0;
  }

  /** The page's keys that are not behind the end; what comes after the end means that it is reached. */
  #own(objects: readonly ListedObject[]): readonly ListedObject[] {
    const until = this.#until;
    if (until === undefined) return objects;
    let count = objects.length;
    while (count > 0 && compareUtf8(objects[count - 1]?.key ?? "", until) > 0) count--;
    this.isDone = count < objects.length || objects.at(-1)?.key === until;
    return objects.slice(0, count);
  }

  /** Looks for places to split once it has turned out longer than `pages`, and the last one tells where to look. */
  lookAhead(pages: number): void {
    const last = this.pages.at(-1);
    if (this.scout !== undefined || this.points.length > 0 || this.#pages < pages) return;
    if (this.isDone || last === undefined) return;
    const level = levelBehind(last.objects, this.#floor);
    if (level === undefined) return;
    this.scout = new Scout(level, this.#at, this.#floor);
    this.#floor = level.folder.length;
  }

  /** What the scout has found. */
  learn(points: readonly SplitPoint[]): void {
    const until = this.#until;
    const inside = ({ at }: SplitPoint): boolean =>
      compareUtf8(at, this.#at) > 0 && (until === undefined || compareUtf8(at, until) < 0);
    this.points = [...this.points, ...points.filter(inside)];
    if (this.scout?.isOver !== true) return;
    // A level that was given up may be worth another look where its children are larger.
    if (this.scout.hasGivenUp) this.#floor = Math.min(this.#floor, this.scout.folder.length - 1);
    this.scout = undefined;
  }

  /** Ends this one at its point of that index; what lies behind becomes the run that is returned. */
  splitAt(index: number): Run | undefined {
    const point = this.points[index];
    if (point === undefined) return undefined;
    const { at, ending, folder, level } = point;
    const rest = new Run({ after: at, until: this.#until, floor: level.folder.length, folder, level });
    rest.#ending = this.#ending;
    this.#ending = ending;
    rest.points = this.points.slice(index + 1);
    rest.scout = this.scout;
    this.points = this.points.slice(0, index);
    this.scout = undefined;
    this.#until = at;
    return rest;
  }
}
