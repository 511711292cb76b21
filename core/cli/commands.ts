import type { Command } from "./command.ts";

/** A command as `plugfs help` lists it. Its module is imported when it is run, so that each starts fast. */
export interface CommandEntry {
  /** One word or two: `ls`, `plugins list`. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: "ls", summary: "List files and folders", load: () => import("./commands/ls.ts") },
  { name: "stat", summary: "Show what is known of a file", load: () => import("./commands/stat.ts") },
  { name: "cat", summary: "Write files to standard output", load: () => import("./commands/cat.ts") },
  { name: "head", summary: "Write the first lines or bytes", load: () => import("./commands/head.ts") },
  { name: "tail", summary: "Write the last lines or bytes", load: () => import("./commands/tail.ts") },
  { name: "du", summary: "Add up sizes, folder by folder", load: () => import("./commands/du.ts") },
  {
    name: "find",
    summary: "List everything below that meets conditions",
    load: () => import("./commands/find.ts"),
  },
  {
    name: "cp",
    summary: "Copy files and folders between any two schemes",
    load: () => import("./commands/cp.ts"),
  },
  { name: "mv", summary: "Move files and folders", load: () => import("./commands/mv.ts") },
  { name: "rm", summary: "Remove files and folders", load: () => import("./commands/rm.ts") },
  { name: "mkdir", summary: "Make folders", load: () => import("./commands/mkdir.ts") },
  { name: "put", summary: "Copy local files to a store", load: () => import("./commands/put.ts") },
  { name: "get", summary: "Copy from a store to local files", load: () => import("./commands/get.ts") },
  {
    name: "sync",
    summary: "Make a folder hold what another one holds",
    load: () => import("./commands/sync.ts"),
  },
  {
    name: "uploads list",
    summary: "List unfinished uploads",
    load: () => import("./commands/uploads/list.ts"),
  },
  {
    name: "uploads sweep",
    summary: "Discard old unfinished uploads",
    load: () => import("./commands/uploads/sweep.ts"),
  },
  {
    name: "plugins list",
    summary: "List the plugins with their schemes and state",
    load: () => import("./commands/plugins/list.ts"),
  },
  {
    name: "plugins enable",
    summary: "Copy a plugin into plugins/, and take it out of plugin.disabled",
    load: () => import("./commands/plugins/enable.ts"),
  },
  {
    name: "plugins disable",
    summary: "Write a plugin into plugin.disabled; its folder stays",
    load: () => import("./commands/plugins/disable.ts"),
  },
  {
    name: "plugins new",
    summary: "Make a plugin's folder to start from",
    load: () => import("./commands/plugins/new.ts"),
  },
  {
    name: "plugins check",
    summary: "Check a plugin before it is shipped",
    load: () => import("./commands/plugins/check.ts"),
  },
  {
    name: "plugins pack",
    summary: "Bundle a plugin and its dependencies into one folder",
    load: () => import("./commands/plugins/pack.ts"),
  },
  {
    name: "plugins lock",
    summary: "Write down what each plugin's folder holds, to notice changes",
    load: () => import("./commands/plugins/lock.ts"),
  },
  {
    name: "conf",
    summary: "Show the configuration and where each value comes from",
    load: () => import("./commands/conf.ts"),
  },
  {
    name: "doctor",
    summary: "Look for what is wrong, and say what to do",
    load: () => import("./commands/doctor.ts"),
  },
];
