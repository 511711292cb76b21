/** What is printed in place of a secret. Its length says nothing about the secret's. */
export const REDACTED = "******";

/** The design's words, and those of Flink's `GlobalConfiguration.SENSITIVE_KEYS`; compared without `-` and `_`. */
const SECRET_WORDS = [
  "secret",
  "password",
  "token",
  "apikey",
  "credential",
  "account.key",
  "authparams",
  "servicekey",
  "basicauth",
  "jaas.config",
  "httpheaders",
];

/** Whether a key is secret by its name. */
export function isSecretName(key: string): boolean {
  const name = key.toLowerCase().replaceAll(/[-_]/g, "");
  return SECRET_WORDS.some((word) => name.includes(word));
}

/** A value that is not secret as a whole may still be a URL with a password in it. */
export function withoutUserInfo(text: string): string {
  // A password may hold "/", "?" or "#" that somebody forgot to encode: after a colon, all up to the last "@" goes.
  return text.replaceAll(/:\/\/(?:[^/?#\s:@]*:\S*|[^/?#\s@]*)@/g, `://${REDACTED}@`);
}
