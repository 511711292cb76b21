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
  {
    name: "cp",
    summary: "Copy files and folders between any two schemes",
    load: () => import("./commands/cp.ts"),
  },
  { name: "rm", summary: "Remove files and folders", load: () => import("./commands/rm.ts") },
  {
    name: "sync",
    summary: "Make a folder hold what another one holds",
    load: () => import("./commands/sync.ts"),
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
    name: "conf",
    summary: "Show the configuration and where each value comes from",
    load: () => import("./commands/conf.ts"),
  },
];
