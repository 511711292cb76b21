import { randomFrom } from "./random.ts";

/**
 * One thing that goes wrong. Places in a body are counted in bytes from its start, negative ones from its end
 * (-1: before the last byte); without one it is the middle.
 */
export type Fault =
  /** Waits before anything is done. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Answers an error of OSS. The operation is not done. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 503 SlowDown with `x-oss-qos-delay-time`, if given. The operation is not done. */
  | { readonly kind: "throttle"; readonly delayMs?: number }
  /** The connection is reset (RST) before any byte of an answer. The operation is not done. */
  | { readonly kind: "reset-before-headers" }
  /** The operation is done; then the connection is reset (RST) before any byte of its answer. */
  | { readonly kind: "answer-lost" }
  /** The answer says 200 and bears the document of an error. The operation is not done. */
  | { readonly kind: "ok-with-error-body"; readonly code: string; readonly message?: string }
  /** Headers of the answer are replaced; undefined: left out. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string | undefined>> }
  /** The connection is reset (RST) after a part of the answer's body. */
  | { readonly kind: "reset-mid-body"; readonly after?: number }
  /** The connection ends in an orderly way (FIN) after a part of the answer's body. */
  | { readonly kind: "cut-body"; readonly after?: number }
  /** Nothing more comes after a part of the answer's body; the connection stays open. */
  | { readonly kind: "stall"; readonly after?: number }
  /** Nothing at all is answered; the connection stays open. The operation is not done. */
  | { readonly kind: "silence" }
  /** DeleteMultipleObjects leaves out this key, or all that match: not deleted, and not listed as deleted. */
  | { readonly kind: "partial-delete"; readonly key: string | RegExp }
  /** One bit of the answer's body is wrong. */
  | { readonly kind: "corrupt"; readonly at?: number }
  /** One bit of the request's body is wrong when it is stored. */
  | { readonly kind: "corrupt-upload"; readonly at?: number }
  /** The connection is reset (RST) after so many bytes of the request's body (default 1). Nothing is stored. */
  | { readonly kind: "reset-upload"; readonly after?: number }
  /** No more of the request's body is read after so many bytes (default 1); the connection stays open. */
  | { readonly kind: "stall-upload"; readonly after?: number };

export type FaultKind = Fault["kind"];

/** What a rule may look at; names in `headers` are lower-case. */
export interface FaultRequest {
  readonly operation: string;
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly range: string | undefined;
  readonly headers: ReadonlyMap<string, string>;
}

/** Which requests a fault meets. What is left out is not looked at. */
export interface FaultMatch {
  /** OSS's name, as in the log, or several. */
  readonly operation?: string | readonly string[];
  readonly bucket?: string;
  /** The whole key, or a pattern that it matches. */
  readonly key?: string | RegExp;
  readonly where?: (request: FaultRequest) => boolean;
}

export interface FaultRule extends FaultMatch {
  readonly fault: Fault;
  /** The first matching request to be hit, from 1. Default 1. */
  readonly nth?: number;
  /** How many matching requests in a row are hit, from `nth` on. Default 1; `Infinity`: all. */
  readonly times?: number;
}

export interface RandomFaults extends FaultMatch {
  readonly seed: number;
  /** How likely a matching request is hit, 0 to 1. */
  readonly probability: number;
  /** One of these is drawn. */
  readonly faults: readonly [Fault, ...Fault[]];
}

/** A rule in force; it goes with its scope: `using fault = server.faults.add(…)`. */
export interface FaultHandle extends Disposable {
  /** Requests that matched. */
  readonly matched: number;
  /** Requests that were hit. */
  readonly hits: number;
  /** Resolves once `count` requests (default 1) have been hit. */
  happened(count?: number): Promise<void>;
  remove(): void;
}

interface Rule {
  /** The fault for this request, which is a matching one. */
  readonly draw: (count: number) => Fault | undefined;
  readonly match: FaultMatch;
  readonly state: { matched: number; hits: number };
  readonly waiting: Set<{ readonly count: number; readonly resolve: () => void }>;
}

/** The rules by which requests of one server fail. All that match a request hit it together. */
export class Faults {
  readonly #rules = new Set<Rule>();

  add({ fault, nth = 1, times = 1, ...match }: FaultRule): FaultHandle {
    return this.#add(match, (count) => (count >= nth && count < nth + times ? fault : undefined));
  }

  /** Faults by lot. The same seed and the same order of requests give the same faults. */
  random({ seed, probability, faults, ...match }: RandomFaults): FaultHandle {
    const random = randomFrom(seed);
    return this.#add(match, () => {
      const isHit = random() < probability;
      const index = Math.floor(random() * faults.length);
      return isHit ? faults[index] : undefined;
    });
  }

  clear(): void {
    this.#rules.clear();
  }

  /** The faults that hit this request. */
  draw(request: FaultRequest): readonly Fault[] {
    if (this.#rules.size === 0) return [];
    const drawn: Fault[] = [];
    for (const { match, state, draw, waiting } of this.#rules) {
      if (!matches(match, request)) continue;
      const fault = draw(++state.matched);
      if (fault === undefined) continue;
      state.hits++;
      drawn.push(fault);
      for (const waiter of waiting) {
        if (waiter.count > state.hits) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    }
    return drawn;
  }

  #add(match: FaultMatch, draw: Rule["draw"]): FaultHandle {
    const rule: Rule = { match, draw, state: { matched: 0, hits: 0 }, waiting: new Set() };
    this.#rules.add(rule);
    const remove = () => {
      this.#rules.delete(rule);
    };
    return {
      get matched() {
        return rule.state.matched;
      },
      get hits() {
        return rule.state.hits;
      },
      happened: (count = 1) =>
        new Promise((resolve) => {
          if (rule.state.hits >= count) resolve();
          else rule.waiting.add({ count, resolve });
        }),
      remove,
      [Symbol.dispose]: remove,
    };
  }
}

function matches({ operation, bucket, key, where }: FaultMatch, request: FaultRequest): boolean {
  if (typeof operation === "string" && operation !== request.operation) return false;
  if (Array.isArray(operation) && !operation.includes(request.operation)) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (key !== undefined && !isKey(key, request.key)) return false;
  return where === undefined || where(request);
}

/** Whether `key` is the one that is meant, or matches the pattern. */
export function isKey(meant: string | RegExp, key: string): boolean {
  return typeof meant === "string" ? meant === key : new RegExp(meant).test(key);
}

/** The first fault of that kind. */
export function faultOf<K extends FaultKind>(
  faults: readonly Fault[],
  kind: K,
): Extract<Fault, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind);
}

/** A place in a body of `size` bytes: within it, whatever was asked for. */
export function placeIn(size: number, place = Math.floor(size / 2)): number {
  return Math.max(0, Math.min(size, place < 0 ? size + place : place));
}
