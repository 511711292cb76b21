import { resolve } from "node:path";
import { FileSystemError } from "../errors/errors.ts";

const URI = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)(?:\/(.*))?$/s;
/** A scheme with one slash: two letters at least, so that a drive letter is none. */
const ONE_SLASH = /^([A-Za-z][A-Za-z0-9+.-]+):\//;
const HOST_AND_PORT = /^(?:\[[\da-f:.]+\]|[^:[\]]*)(?::\d+)?$/i;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A place in a file system: scheme, authority and key.
 *
 * Remote schemes: after `scheme://authority/` every character is literal (`%`, `?`, `#`, `+`, `\`, blanks, any
 * Unicode). An empty, `.` or `..` segment is refused with `EINVAL`, never rewritten; one trailing `/` is
 * dropped. `file:` follows `node:path`: relative paths are resolved against the working directory.
 */
export class Path {
  /** Lower case. */
  readonly scheme: string;
  /** Bucket, host or the like; may be empty. */
  readonly authority: string;
  /** No leading `/`, `""` = root; for `file:` the absolute path. */
  readonly key: string;

  private constructor(scheme: string, authority: string, key: string) {
    this.scheme = scheme;
    this.authority = authority;
    this.key = key;
    Object.freeze(this);
  }

  /**
   * Reads a URI or a local path. A `URL` is percent-decoded once; one with a query or a fragment is refused, and
   * so is user-info in an authority (without echoing it). `oss:/x` is refused, because it may be meant either way.
   */
  static parse(path: string | URL | Path): Path {
    if (path instanceof Path) return path;
    if (path instanceof URL) return fromUrl(path);
    if (typeof path !== "string") throw invalid(typeof path, "a path is a string, a URL or a Path");
    if (path === "") throw invalid(path, "the path is empty");
    const uri = URI.exec(path);
    if (uri === null) return new Path("file", "", localKey(withoutFileScheme(path)));
    const [, scheme = "", authority = "", rest = ""] = uri;
    return fromParts(scheme, authority, rest);
  }

  /** Unchecked, for listings and ports: the caller answers for it. */
  static unsafe(scheme: string, authority: string, key: string): Path {
    return new Path(scheme, authority, key);
  }

  /** Last segment; `""` for the root. */
  get name(): string {
    return this.key.slice(this.key.lastIndexOf("/") + 1);
  }

  /** `null` for the root. */
  get parent(): Path | null {
    const slash = this.key.lastIndexOf("/");
    if (this.scheme === "file") {
      if (this.key === "/") return null;
      return new Path(this.scheme, this.authority, slash <= 0 ? "/" : this.key.slice(0, slash));
    }
    return this.key === ""
      ? null
      : new Path(this.scheme, this.authority, this.key.slice(0, Math.max(slash, 0)));
  }

  /** The path below this one; `name` may hold several segments, and is checked like a key. */
  child(name: string): Path {
    const text = `${this}${this.key.endsWith("/") ? "" : "/"}${name}`;
    checkSegments(name, text);
    if (name === "") throw invalid(text, "the name is empty");
    checkUnicode(name, text);
    if (this.scheme === "file") checkNul(name, text);
    const prefix = this.key === "" || this.key.endsWith("/") ? this.key : `${this.key}/`;
    return new Path(this.scheme, this.authority, prefix + name);
  }

  /** Whether this is `path` or lies below it. */
  startsWith(path: Path): boolean {
    if (this.scheme !== path.scheme || this.authority !== path.authority) return false;
    if (path.key === "" || this.key === path.key) return true;
    return this.key.startsWith(path.key.endsWith("/") ? path.key : `${path.key}/`);
  }

  equals(path: Path): boolean {
    return this.scheme === path.scheme && this.authority === path.authority && this.key === path.key;
  }

  /** A URI that `Path.parse` reads back to an equal path. */
  toString(): string {
    if (this.scheme === "file") return `file://${this.key}`;
    return `${this.scheme}://${this.authority}${this.key === "" ? "" : `/${this.key}`}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function fromParts(schemeText: string, authority: string, rest: string): Path {
  const scheme = schemeText.toLowerCase();
  checkAuthority(scheme, authority);
  const text = `${scheme}://${authority}/${rest}`;
  if (scheme === "file") {
    if (authority === "") return Path.unsafe("file", "", localKey(`/${rest}`));
    const why = `a local path has no authority, "${authority}" stands where it would be`;
    throw invalid(text, why, `Write file:///${authority}/${rest}`);
  }
  checkUnicode(text, text);
  // One trailing slash goes; a key that is nothing but slashes is a key of empty segments.
  const key = rest.length > 1 && rest.endsWith("/") ? rest.slice(0, -1) : rest;
  checkSegments(key, text);
  return Path.unsafe(scheme, authority, key);
}

function fromUrl(url: URL): Path {
  if (url.username !== "" || url.password !== "") throw credentialsInPath(url.protocol.slice(0, -1));
  // Not `search` and `hash`, which are "" for a lone "?" or "#".
  if (/[?#]/.test(url.href)) {
    throw invalid(
      `${url.protocol}//${url.host}${url.pathname}`,
      "a URL with a query or a fragment is ambiguous",
      "Pass the path as a string, where ? and # are ordinary characters, or encode them",
    );
  }
  try {
    const rest = decodeURIComponent(url.pathname.replace(/^\//, ""));
    return fromParts(url.protocol.slice(0, -1), decodeURIComponent(url.host), rest);
  } catch (cause) {
    if (cause instanceof URIError) throw invalid(url.href, "its percent-encoding is wrong");
    throw cause;
  }
}

function localKey(path: string): string {
  checkNul(path, path);
  checkUnicode(path, path);
  return resolve(path);
}

function withoutFileScheme(path: string): string {
  if (/^file:./is.test(path)) return path.slice(5);
  if (path.toLowerCase() === "file:") throw invalid(path, "the path is empty");
  const scheme = ONE_SLASH.exec(path)?.[1];
  if (scheme === undefined) return path;
  throw invalid(
    `${scheme}:/…`,
    `"${scheme}:" and one slash is neither a URI nor clearly a local path`,
    `Write ${scheme}://…, or ./${scheme}:/… for a local path`,
  );
}

/** A password may hold a slash, which ends the authority early: nothing of a wrong authority is shown. */
function checkAuthority(scheme: string, authority: string): void {
  if (authority.includes("@")) throw credentialsInPath(scheme);
  if (!HOST_AND_PORT.test(authority)) {
    throw invalid(`${scheme}://…`, "what follows the colon in its authority is not a port");
  }
  if (/[\s?#\\/]/.test(authority)) {
    const why = "its authority (the bucket or host) holds a blank, ?, #, / or \\";
    throw invalid(`${scheme}://…`, why, `Write ${scheme}://<bucket>/<key>`);
  }
}

function checkNul(text: string, path: string): void {
  if (text.includes("\0")) throw invalid(path.replaceAll("\0", "\\0"), "it holds a NUL character");
}

function checkUnicode(text: string, path: string): void {
  if (LONE_SURROGATE.test(text)) throw invalid(path, "it is not valid Unicode (a lone surrogate)");
}

function checkSegments(key: string, text: string): void {
  if (key === "") return;
  for (const segment of key.split("/")) {
    if (segment === "") throw invalid(text, 'it has an empty segment ("//" or a leading "/" in the key)');
    if (segment === "." || segment === "..") throw invalid(text, `it has a "${segment}" segment`);
  }
}

function credentialsInPath(scheme: string): FileSystemError {
  const why = "user names and passwords do not belong into a path";
  return invalid(`${scheme}://…`, why, "Set them in the configuration");
}

function invalid(path: string, why: string, hint?: string): FileSystemError {
  return new FileSystemError({ code: "EINVAL", path, message: `not a usable path: ${why}`, hint });
}
