import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 100;
const HEARTBEAT_MS = 2_000;
/** A holder that did not touch its lock for this long, by the waiter's clock, is dead or cannot go on. */
const SILENCE_MS = 30_000;

/**
 * Does `work` while no other process does; waits for one that does. A lock whose holder died is taken over.
 * SIGINT, SIGTERM and SIGHUP abort the signal that `work` gets, give the lock back and end the process.
 *
 * @template T
 * @param {string} lock a file; its folder exists
 * @param {(message: string) => void} say
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function exclusively(lock, say, work) {
  const id = randomUUID();
  await acquire(lock, id, say);

  const abort = new AbortController();
  const stop = (signal) => {
    abort.abort();
    release(lock, id);
    for (const name of SIGNALS) process.removeListener(name, stop);
    process.kill(process.pid, signal);
  };
  const heartbeat = setInterval(() => touch(lock), HEARTBEAT_MS);
  for (const name of SIGNALS) process.on(name, stop);
  try {
    return await work(abort.signal);
  } finally {
    clearInterval(heartbeat);
    for (const name of SIGNALS) process.removeListener(name, stop);
    release(lock, id);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

async function acquire(lock, id, say) {
  let seen;
  for (;;) {
    if (take(lock, id)) return;
    const holder = read(lock);
    if (holder === undefined) continue;
    if (seen?.id !== holder.id) say(`waiting for the set-up in process ${holder.pid}`);
    if (seen?.id !== holder.id || seen.touched !== holder.touched)
      seen = { ...holder, since: performance.now() };
    if (isDead(holder) || performance.now() - seen.since > SILENCE_MS) takeAway(lock, id, holder);
    else await delay(POLL_MS);
  }
}

/** A link appears with its content, so no one ever reads a lock that does not yet name its holder. */
function take(lock, id) {
  const draft = `${lock}.${id}`;
  writeFileSync(draft, JSON.stringify({ id, pid: process.pid, host: hostname() }));
  try {
    return linkNew(draft, lock);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moved aside first: another waiter may have been faster, and then the lock is a new one and goes back. */
function takeAway(lock, id, holder) {
  const aside = `${lock}.${id}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (read(aside)?.id !== holder.id) linkNew(aside, lock);
  rmSync(aside, { force: true });
}

function release(lock, id) {
  if (read(lock)?.id === id) rmSync(lock, { force: true });
}

function linkNew(file, lock) {
  try {
    linkSync(file, lock);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function read(lock) {
  try {
    return { touched: statSync(lock).mtimeMs, ...JSON.parse(readFileSync(lock, "utf8")) };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function isDead({ pid, host }) {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function touch(lock) {
  try {
    const now = new Date();
    utimesSync(lock, now, now);
  } catch {
    // Taken away by a waiter; the work goes on, and the build writes each file whole.
  }
}
