import { OssError } from "./errors.ts";

/** How the network of the server behaves, for every request alike. May be changed at any time. */
export interface Shape {
  /** Milliseconds between a complete request and the first byte of its answer. */
  latency: number;
  /** Bytes per second, in each direction, of every connection. `Infinity`: no limit. */
  rate: number;
  /** Requests per second that are served; more are answered with 503 QpsLimitExceeded. `Infinity`: no limit. */
  requestsPerSecond: number;
  /** Connections at a time; more are closed at once. `Infinity`: no limit. */
  maxConnections: number;
  /** Milliseconds after which an idle connection is closed; OSS has about a minute. */
  idleTimeout: number;
}

/** Counts requests against `shape.requestsPerSecond`. */
export class RequestGate {
  readonly #shape: Shape;
  #credit = Number.POSITIVE_INFINITY;
  #at = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  /** @throws OssError QpsLimitExceeded with the milliseconds to wait in `x-oss-qos-delay-time` */
  pass(): void {
    const rate = this.#shape.requestsPerSecond;
    if (rate === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    this.#credit = Math.min(Math.max(1, rate), this.#credit + ((now - this.#at) * rate) / 1000);
    this.#at = now;
    if (this.#credit < 1) {
      const wait = String(Math.ceil(((1 - this.#credit) * 1000) / rate));
      throw new OssError(
        503,
        "QpsLimitExceeded",
        "Exceeded the QPS limit of the bucket.",
        {},
        { "x-oss-qos-delay-time": wait },
      );
    }
    this.#credit--;
  }
}
