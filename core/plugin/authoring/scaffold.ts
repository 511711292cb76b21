import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, FileSystemError } from "../../errors/errors.ts";

export interface ScaffoldOptions {
  /** The folder of one template. */
  readonly template: string;
  /** The folder that is made. */
  readonly directory: string;
  readonly name: string;
  readonly scheme: string;
}

/** Why a name cannot be a plugin's, undefined when it can: it becomes a package, a folder and the plugin's id. */
export function nameProblem(name: string): string | undefined {
  if (name.length > 214) return "it is longer than the 214 characters of a package name";
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) return undefined;
  return 'a plugin\'s name is lower-case letters, digits, ".", "_" and "-", and begins with a letter or digit, such as my-fs';
}

/** Why a scheme cannot be used, undefined when it can. */
export function schemeProblem(scheme: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*$/.test(scheme)) return undefined;
  const plain = scheme.replace(/:\/*$/, "").toLowerCase();
  const meant = /^[a-z][a-z0-9+.-]*$/.test(plain) ? `, such as ${plain}` : ", such as my";
  return `a scheme is lower-case letters, digits, "+", "." and "-", and begins with a letter${meant}`;
}

/**
 * Makes a plugin's folder from a template, which is a working plugin itself: its three names are replaced. Resolves to the
 * names of the files. What exists is never touched: `EEXIST`; a failure leaves nothing.
 */
export async function scaffold({ template, directory, name, scheme }: ScaffoldOptions): Promise<string[]> {
  const names: Readonly<Record<string, string>> = {
    ExampleTemplate: className(name),
    "example-template-fs": name,
    "example-template": scheme,
  };
  const files = (await readdir(template)).sort();
  try {
    await mkdir(directory);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    throw new FileSystemError({
      code: "EEXIST",
      path: directory,
      message: `${directory} exists`,
      hint: "Choose another name, or another folder: --in DIR",
    });
  }
  try {
    const made = await Promise.all(
      files.map(async (file) => {
        const text = await readFile(join(template, file), "utf8");
        // npm leaves files of this name out of packages.
        const target = file === "gitignore" ? ".gitignore" : file;
        await writeFile(
          join(directory, target),
          text.replace(
            /ExampleTemplate|example-template-fs|example-template/g,
            (token) => names[token] ?? token,
          ),
        );
        return target;
      }),
    );
    return made.sort();
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** `my-cloud-fs` → `MyCloud`. */
function className(name: string): string {
  const words = name.replace(/[._-]fs$/, "").split(/[._-]+/);
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(joined) ? joined : `My${joined}`;
}
