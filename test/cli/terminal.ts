import { spawn } from "@lydell/node-pty";
import { command } from "./plugfs.ts";
import { Screen } from "./screen.ts";

export interface TerminalOptions {
  readonly cwd: string;
  readonly columns?: number;
  readonly env?: Record<string, string>;
}

/** The command on a terminal of its own: what a user sees, and the keys. */
export class Terminal {
  readonly screen: Screen;
  /** All that was written, with every control sequence. */
  raw = "";
  /** Exit code or signal, once it has ended. */
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  readonly #pty: ReturnType<typeof spawn>;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  constructor(args: readonly string[], { cwd, columns = 80, env = {} }: TerminalOptions) {
    this.screen = new Screen(columns);
    const inherited = { PATH: process.env.PATH, HOME: process.env.HOME, TZ: "UTC" };
    this.#pty = spawn(process.execPath, [...command, ...args], {
      name: env.TERM ?? "xterm-256color",
      cols: columns,
      rows: 24,
      cwd,
      env: { ...inherited, ...env },
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.screen.write(data);
      this.#check();
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit((how) => {
        this.#isOver = true;
        this.#check();
        resolve(how);
      });
    });
  }

  /** Resolves once the screen shows it. Rejects with the screen when the command ends before. */
  async shows(expected: RegExp): Promise<void> {
    while (!expected.test(this.screen.text())) {
      if (this.#isOver) throw new Error(`${expected} was never shown:\n${this.screen.text()}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number): void {
    this.screen.columns = columns;
    this.#pty.resize(columns, 24);
  }

  #check(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Runs a command on a terminal to its end; what is to be seen then, and the exit code. */
export async function onTerminal(
  args: readonly string[],
  options: TerminalOptions,
): Promise<{ readonly code: number; readonly lines: readonly string[]; readonly raw: string }> {
  const terminal = new Terminal(args, options);
  const { exitCode } = await terminal.ended;
  return { code: exitCode, lines: terminal.screen.lines(), raw: terminal.raw };
}
