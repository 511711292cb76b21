#!/usr/bin/env node
/** The `plugfs` command. */
import { setMaxListeners } from "node:events";
import { brokenPipe, EXIT, type ExitCode, Interruption } from "./exit.ts";
import { run } from "./run.ts";

const interrupted = new AbortController();
// Every call under way listens to it, and there may be many.
setMaxListeners(0, interrupted.signal);

// The second time nothing is awaited any more.
process.on("SIGINT", () => stop(EXIT.interrupted));
process.on("SIGTERM", () => stop(EXIT.terminated));
process.on("SIGHUP", () => stop(EXIT.hungUp));
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") interrupted.abort(brokenPipe());
});
process.stderr.on("error", () => {});

function stop(code: ExitCode): void {
  if (interrupted.signal.aborted) {
    // A bar that was cut off had hidden the cursor and switched off the wrapping of lines.
    if (process.stderr.isTTY) process.stderr.write("\u001b[?25h\u001b[?7h\n");
    process.exit(code);
  }
  interrupted.abort(new Interruption(code, "interrupted"));
}

process.exitCode = await run(process.argv.slice(2), {
  // Only asking and `-` touch it.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: interrupted.signal,
});
