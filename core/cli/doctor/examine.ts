import type { Configuration } from "../../config/configuration.ts";
import type { Environment } from "../../environment.ts";
import { Path } from "../../fs/path.ts";
import type { PluginInfo } from "../../plugin/plugin-info.ts";
import { configurationFile } from "../configuration-file.ts";
import type { CommandContext } from "../context.ts";
import { shippedPlugins } from "../shipped.ts";
import { canRead, canWrite, check, type Finding } from "./checks.ts";

/** Everything that has to be in order before a file can be read: one finding after the other. */
export async function* examine(
  operands: readonly string[],
  write: boolean,
  context: CommandContext,
): AsyncGenerator<Finding> {
  const { locations, signal } = context;
  yield { subject: "Node.js", verdict: "ok", detail: `${process.version} on ${process.platform}` };
  const file = await configurationFile(locations);
  yield file === undefined
    ? {
        subject: "configuration",
        verdict: "note",
        detail: `there is no file in ${locations.configurationDir}`,
        next: `Write ${locations.configurationDir}/config.yaml, if a plugin needs settings`,
      }
    : { subject: "configuration", verdict: "ok", detail: file };

  const environment = await context.environment();
  const plugins = environment.plugins.list();
  for (const plugin of plugins) yield await examinePlugin(plugin, environment, signal);
  if (plugins.length === 0) yield await noPlugins(environment, context);

  const uris = [...operands, ...configuredRoots(environment.configuration, operands)];
  for (const uri of uris) {
    yield await check(uri, signal, async () => {
      const detail = await canRead(await context.place(uri), signal);
      return { verdict: "ok", detail };
    });
    if (!write || !operands.includes(uri)) continue;
    yield await check(`${uri}, writing`, signal, async () => {
      const detail = await canWrite(await context.place(uri), signal);
      return { verdict: "ok", detail };
    });
  }

  const probed = new Set(uris.map((uri) => /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1]?.toLowerCase()));
  for (const { scheme, servedBy } of environment.plugins.list().flatMap(({ schemes }) => schemes)) {
    if (servedBy === null || probed.has(scheme)) continue;
    probed.add(scheme);
    const next = `plugfs doctor ${scheme}://NAME, with the bucket or host that you use`;
    yield { subject: `${scheme}://`, verdict: "note", detail: "no place of it is known to look at", next };
  }
}

async function examinePlugin(
  { id, state }: PluginInfo,
  { plugins }: Environment,
  signal: AbortSignal,
): Promise<Finding> {
  const subject = `plugin ${id}`;
  if (state === "disabled") {
    return { subject, verdict: "note", detail: "it is disabled", next: `plugfs plugins enable ${id}` };
  }
  return check(subject, signal, async () => {
    const { error, schemes, version = "no version", loadMillis = 0 } = await plugins.load(id);
    if (error !== undefined) throw error;
    const offered = schemes.map(({ scheme }) => `${scheme}://`).join(" ");
    const detail = `${version}, loaded and configured in ${Math.round(loadMillis)} ms, offers ${offered}`;
    return { verdict: "ok", detail };
  });
}

async function noPlugins({ plugins }: Environment, { locations }: CommandContext): Promise<Finding> {
  const [shipped] = await shippedPlugins(locations.home);
  return {
    subject: "plugins",
    verdict: "note",
    detail: `there are none in ${plugins.pluginsDir}`,
    ...(shipped === undefined ? {} : { next: `plugfs plugins enable ${shipped.id}` }),
  };
}

/** Roots that the configuration's values name, `oss://demo` of `state.checkpoints.dir: oss://demo/checkpoints`. */
function configuredRoots(configuration: Configuration, operands: readonly string[]): string[] {
  const roots = new Set<string>();
  for (const key of configuration.keys()) {
    const value = configuration.raw(key) ?? "";
    if (configuration.isSecret(key) || !/^[a-z][a-z0-9+.-]*:\/\/[^/@\s]+/i.test(value)) continue;
    if (/^(?:https?|file):/i.test(value)) continue;
    try {
      const { scheme, authority } = Path.parse(value);
      roots.add(`${scheme}://${authority}`);
    } catch {
      // Not a path, whatever it is.
    }
  }
  return [...roots].filter((root) => !operands.some((operand) => operand.startsWith(root)));
}
