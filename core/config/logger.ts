/** Where plugfs and its plugins write what a host should see; pino fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger that adds these fields to each line. */
export function withFields(logger: Logger, fields: object): Logger {
  const at = (level: keyof Logger) => (own: object, message: string) =>
    logger[level]({ ...fields, ...own }, message);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
