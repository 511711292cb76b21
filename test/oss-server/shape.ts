/** How the network of the server behaves, for every request alike. May be changed at any time. */
export interface Shape {
  /** Milliseconds between a complete request and the first byte of its answer. */
  latency: number;
  /** Bytes per second, in each direction, of every connection. `Infinity`: no limit. */
  rate: number;
}
