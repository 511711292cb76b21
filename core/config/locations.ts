import { join, resolve } from "node:path";

export interface LocationOptions {
  /** A folder with `conf/` and `plugins/` (Flink's `FLINK_HOME`). */
  readonly home?: string | undefined;
  readonly pluginsDir?: string | undefined;
  readonly configurationFile?: string | undefined;
}

/** Absolute paths; nothing says that they exist. */
export interface Locations {
  readonly home: string;
  readonly pluginsDir: string;
  readonly configurationDir: string;
  /** Only when it was asked for by name. */
  readonly configurationFile?: string;
}

/** Whether somebody said where the plugins or the home are; else they are looked for in the working directory. */
export function namesPluginsDir(
  options: LocationOptions,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const { FLINK_PLUGINS_DIR, PLUGFS_HOME } = environment;
  return Boolean(options.pluginsDir ?? options.home ?? (FLINK_PLUGINS_DIR || PLUGFS_HOME));
}

/**
 * Where things are. The first that is given counts: the option for the thing itself, the option `home`,
 * `$FLINK_PLUGINS_DIR` and `$FLINK_CONF_DIR`, `$PLUGFS_HOME`, the working directory. An empty variable counts as
 * not set; relative paths are relative to `workingDirectory`.
 */
export function locate(
  options: LocationOptions,
  environment: Readonly<Record<string, string | undefined>>,
  workingDirectory: string,
): Locations {
  const absolute = (path: string) => resolve(workingDirectory, path);
  const home = absolute(options.home ?? (environment.PLUGFS_HOME || "."));
  const inHome = (variable: string, folder: string) =>
    options.home === undefined && environment[variable]
      ? absolute(environment[variable])
      : join(home, folder);
  return {
    home,
    pluginsDir:
      options.pluginsDir === undefined
        ? inHome("FLINK_PLUGINS_DIR", "plugins")
        : absolute(options.pluginsDir),
    configurationDir: inHome("FLINK_CONF_DIR", "conf"),
    ...(options.configurationFile === undefined
      ? {}
      : { configurationFile: absolute(options.configurationFile) }),
  };
}
