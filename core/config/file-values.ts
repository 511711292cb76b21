import type { ConfigurationValue } from "./configuration.ts";

/** Something in a configuration file that was left out or overridden. Names file and line, never a value. */
export interface FileWarning {
  readonly message: string;
  /** `conf/flink-conf.yaml:12`. */
  readonly source: string;
  readonly key?: string;
}

/** What a reader gathers from one configuration file: the last value of each key, and what is odd about it. */
export class FileValues {
  readonly file: string;
  readonly values = new Map<string, ConfigurationValue>();
  readonly warnings: FileWarning[] = [];

  /** @param file as it is to be named in sources and errors */
  constructor(file: string) {
    this.file = file;
  }

  set(key: string, text: string, line: number): void {
    const earlier = this.values.get(key);
    if (earlier !== undefined)
      this.warn(line, `${key} is set twice, the value of ${earlier.source} is not used`, key);
    this.values.set(key, { text, source: this.at(line) });
  }

  warn(line: number, message: string, key?: string): void {
    this.warnings.push({ message, source: this.at(line), ...(key === undefined ? {} : { key }) });
  }

  /** Where a line is, as errors and sources name it. */
  at(line: number, column?: number): string {
    return column === undefined ? `${this.file}:${line}` : `${this.file}:${line}:${column}`;
  }
}
