import { type Configuration, ConfigurationError, type Option } from "plugfs";

/** Blanks count as nothing, as in Hadoop. Throws ERR_CONFIG_MISSING. */
export function required(
  configuration: Configuration,
  option: Option<string | undefined>,
  what: string,
): string {
  const value = text(configuration.get(option));
  if (value !== undefined) return value;
  const isSet = configuration.has(option);
  throw new ConfigurationError({
    code: "ERR_CONFIG_MISSING",
    key: option.key,
    source: isSet ? configuration.source(option.key) : undefined,
    message: `${option.key} is ${isSet ? "empty" : "not set"}`,
    hint: `Set it in the configuration to ${what}`,
  });
}

export function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** A value that does not fit: ERR_CONFIG_VALUE, naming key and source. */
export function misfit(
  configuration: Configuration,
  option: Option<unknown>,
  problem: string,
): ConfigurationError {
  const { key } = option;
  return new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    key,
    source: configuration.source(key),
    message: `${key}: ${problem}`,
  });
}
