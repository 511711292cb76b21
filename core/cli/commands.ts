import type { Command } from "./command.ts";

/** A command as `plugfs help` lists it. Its module is imported when it is run, so that each starts fast. */
export interface CommandEntry {
  /** One word or two: `ls`, `plugins list`. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const COMMANDS: readonly CommandEntry[] = [
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
