import { compareUtf8 } from "plugfs";
import type { ListedObject, ListPage } from "./listing.ts";

/** How many keys the children of a folder hold, by what was seen lately. */
export class Level {
  /** "" or with a slash at its end. */
  readonly folder: string;
  #keys: number;
  #children: number;

  constructor(folder: string, keys: number, children: number) {
    this.folder = folder;
    this.#keys = keys;
    this.#children = children;
  }

  /** `children` were passed with `keys`; what is some runs old hardly counts any more. */
  observe(keys: number, children: number): void {
    this.#keys = this.#keys * FADING + keys;
    this.#children = this.#children * FADING + children;
  }

  /** Keys below a child, on average; at least 1. */
  get keysOfChild(): number {
    return Math.max(1, Math.round(this.#keys / this.#children));
  }
}

const FADING = 0.75;

/** A listing by folders has to bring so many times as many keys as a listing of keys would. */
const WORTH = 4;

/** A place where a listing can be split. */
export interface SplitPoint {
  /** Keys up to this one lie before it. */
  readonly at: string;
  /** The folder that ends there, unless other keys lie between the two. */
  readonly ending: string | undefined;
  /** The folder that begins behind it. */
  readonly folder: string;
  /** Whose child that is. */
  readonly level: Level;
}

/**
 * The folder whose direct children are the places to split at behind these keys: the deepest one above the last key that
 * holds at least half of them, in so few children that one listing of children stands for several of keys. Undefined
 * where the children are too small, or no folder's name is longer than `floor`.
 */
export function levelBehind(objects: readonly ListedObject[], floor: number): Level | undefined {
  const last = objects.at(-1);
  if (last === undefined) return undefined;
  for (let folder = parentOf(last.key); folder.length > floor; folder = parentOf(folder)) {
    const { keys, children } = countBelow(objects, folder);
    if (keys * 2 >= objects.length && children * WORTH <= keys) return new Level(folder, keys, children);
    if (folder === "") return undefined;
  }
  return undefined;
}

/** Of the last keys those below the folder, and how many of its children they belong to. */
function countBelow(objects: readonly ListedObject[], folder: string): { keys: number; children: number } {
  let keys = 0;
  let children = 0;
  let child: string | undefined;
  for (let i = objects.length - 1; i >= 0; i--) {
    const key = objects[i]?.key ?? "";
    if (!key.startsWith(folder)) break;
    keys++;
    if (child !== undefined && key.startsWith(child)) continue;
    children++;
    child = childOf(folder, key);
  }
  return { keys, children };
}

/**
 * Finds split points behind a key, page after page of listings with a delimiter: among the children of a folder, and
 * when these have come to their end, among those of the folder above it, as long as its name is longer than `floor`.
 *
 * A point is only a hint where to split: what is added or removed meanwhile makes the pieces larger or smaller, and
 * every key still lies in exactly one of them.
 */
export class Scout {
  readonly #floor: number;
  #level: Level;
  #startAfter: string;
  #token: string | undefined;
  /** No less than every key before the next child. */
  #before: string;
  /** The folder that comes directly before the next child. */
  #ending: string | undefined;
  /** A request is on its way. */
  isBusy = false;
  /** Nothing more is to be learned. */
  isOver = false;
  /** It is over because the folder's children turned out too small, not because there are no more. */
  hasGivenUp = false;

  constructor(level: Level, after: string, floor: number) {
    this.#level = level;
    this.#floor = floor;
    this.#startAfter = after;
    const slash = after.indexOf("/", level.folder.length);
    this.#before = slash < 0 ? after : endOf(after.slice(0, slash + 1));
  }

  /** The folder whose children come next. */
  get folder(): string {
    return this.#level.folder;
  }

  /** What to list next. */
  get request(): { prefix: string; delimiter: "/"; startAfter: string; token: string | undefined } {
    return { prefix: this.#level.folder, delimiter: "/", startAfter: this.#startAfter, token: this.#token };
  }

  /** Ascending. */
  take({ objects, prefixes, next }: ListPage, pageSize: number): SplitPoint[] {
    const level = this.#level;
    const points: SplitPoint[] = [];
    let object = 0;
    for (const folder of prefixes) {
      // Some stores name the folder again in which the place to start after lies.
      if (!isBehind(folder, this.#before)) continue;
      for (let key = objects[object]?.key; key !== undefined && isBehind(folder, key); ) {
        this.#pass(key);
        key = objects[++object]?.key;
      }
      points.push({ at: this.#before, ending: this.#ending, folder, level });
      this.#before = endOf(folder);
      this.#ending = folder;
    }
    const last = objects.at(-1)?.key;
    if (last !== undefined && !isBehind(this.#before, last)) this.#pass(last);
    this.#token = next;
    if (next === undefined) this.#rise(pageSize);
    else if (points.length * level.keysOfChild + objects.length < WORTH * pageSize)
      this.isOver = this.hasGivenUp = true;
    return points;
  }

  #pass(key: string): void {
    this.#before = key;
    this.#ending = undefined;
  }

  /** A folder that was worth a look has a page of keys at least; its neighbours are taken for the same. */
  #rise(pageSize: number): void {
    const { folder } = this.#level;
    const parent = parentOf(folder);
    this.isOver = folder === "" || parent.length <= this.#floor;
    this.#level = new Level(parent, pageSize, 1);
    this.#startAfter = endOf(folder);
    this.#pass(this.#startAfter);
    this.#token = undefined;
  }
}

/** The folder in which a key or a folder lies. */
function parentOf(name: string): string {
  return name.length < 2 ? "" : name.slice(0, name.lastIndexOf("/", name.length - 2) + 1);
}

/** The child of the folder to which the key belongs: itself, or a folder. */
function childOf(folder: string, key: string): string {
  const slash = key.indexOf("/", folder.length);
  return slash < 0 ? key : key.slice(0, slash + 1);
}

/** The least that lies behind everything in the folder: "0" comes next to "/". */
function endOf(folder: string): string {
  return `${folder.slice(0, -1)}0`;
}

function isBehind(key: string, other: string): boolean {
  return compareUtf8(key, other) > 0;
}
