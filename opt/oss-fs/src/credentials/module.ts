import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import type { CredentialProvider, Credentials } from "./credentials.ts";

/**
 * A module of the user's own. Its default export is a function that resolves to
 * `{ accessKeyId, accessKeySecret, securityToken?, expiration? }`; it is called again ahead of `expiration`
 * (milliseconds). A name that begins with `./` is looked for in the plugin's folder.
 */
export function moduleProvider(name: string): CredentialProvider {
  // The bundle is CommonJS and lies in the plugin's folder.
  const folder = typeof __dirname === "string" ? __dirname : process.cwd();
  const file = isAbsolute(name) ? name : join(folder, name);
  return {
    name,
    isConfigured: () => true,
    async fetch(signal) {
      // Not `import()`: that would make a host on Node 20 start its hook thread for this bundle.
      const loaded = createRequire(file)(file) as { default?: unknown } | undefined;
      const make = typeof loaded === "function" ? loaded : loaded?.default;
      if (typeof make !== "function") throw new Error(`${file} has no function as its default export`);
      return checked(await make({ signal }), file);
    },
  };
}

function checked(found: unknown, file: string): Credentials {
  const { accessKeyId, accessKeySecret, securityToken, expiration } = (found ?? {}) as Partial<Credentials>;
  const isText = (value: unknown) => typeof value === "string" && value !== "";
  const fits =
    isText(accessKeyId) &&
    isText(accessKeySecret) &&
    (securityToken === undefined || isText(securityToken)) &&
    (expiration === undefined || Number.isFinite(expiration));
  if (!fits) throw new Error(`${file} returned no credentials`);
  return found as Credentials;
}
