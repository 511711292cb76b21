/**
 * `GET PUT HEAD DELETE /f/<uri>`: files of every scheme over HTTP, with ranges, ETags and streaming uploads; a folder is
 * listed as JSON, or as a page for those who ask for HTML.
 */
import { STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import Fastify from "fastify";
import { Path } from "plugfs";
import { page } from "./page.js";

/** The status of an error's code; what is not here is 502, because the store failed and not the request. */
const STATUS = {
  ENOENT: 404,
  ENODEV: 404,
  EACCES: 403,
  EROFS: 403,
  EEXIST: 409,
  EISDIR: 409,
  ENOTDIR: 409,
  ENOTEMPTY: 409,
  ESTALE: 412,
  EINVAL: 400,
  ENAMETOOLONG: 400,
  ENOTSUP: 501,
  EBUSY: 503,
  ETIMEDOUT: 504,
  ERR_PLUGIN_UNKNOWN_SCHEME: 404,
};

const FILE_HEADERS = ["content-length", "content-range", "accept-ranges", "etag", "last-modified"];

/**
 * @param {import("plugfs").Environment} env The gateway serves what its policy allows, and does not close it.
 * @param {import("fastify").FastifyServerOptions} [options]
 */
export function gateway(env, options = {}) {
  const app = Fastify({ exposeHeadRoutes: false, ...options });
  // The body goes to the store as it comes, whatever it says it is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

  app.setErrorHandler((error, _request, reply) => {
    const status = error.statusCode ?? STATUS[error.code] ?? 502;
    // A file whose first bytes could not be read has set headers of its own.
    for (const name of FILE_HEADERS) reply.removeHeader(name);
    reply.type("application/json; charset=utf-8");
    if (status === 503) reply.header("retry-after", "1");
    const { code = "ERROR", message } = error;
    // What a store said may name more than a stranger should read.
    return reply.code(status).send({ error: code, message: status === 502 ? STATUS_CODES[502] : message });
  });

  app.get("/", (_request, reply) => reply.send({ files: "/f/<uri>", metrics: "/metrics" }));
  app.get("/metrics", () => env.metrics());

  app.route({
    method: ["GET", "HEAD"],
    url: "/f/*",
    async handler(request, reply) {
      const { fs, path, signal } = await target(env, request, reply);
      const status = await fs.getFileStatus(path, { signal });
      if (status.kind === "directory") return list(fs, path, request, reply, signal);
      return send(fs, status, request, reply, signal);
    },
  });

  app.put("/f/*", async (request, reply) => {
    const { fs, path, signal } = await target(env, request, reply);
    const before = await fs.getFileStatus(path, { signal }).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
    const wanted = request.headers["if-match"];
    if (wanted !== undefined && (before === undefined || (wanted !== "*" && wanted !== etag(before)))) {
      return reply
        .code(412)
        .send({ error: "ESTALE", message: "the file is not the one that If-Match names" });
    }
    const overwrite = request.headers["if-none-match"] !== "*";
    const stream = await fs.create(path, { overwrite, signal });
    try {
      for await (const chunk of request.body ?? []) await stream.write(chunk);
      const status = await stream.close();
      return reply
        .code(before === undefined ? 201 : 204)
        .header("etag", etag(status))
        .send();
    } finally {
      // After a close this does nothing; a client that went away leaves nothing behind.
      await stream.abort();
    }
  });

  app.delete("/f/*", async (request, reply) => {
    const { fs, path, signal } = await target(env, request, reply);
    const recursive = request.query.recursive === "true";
    if (!(await fs.delete(path, { recursive, signal }))) {
      return reply.code(404).send({ error: "ENOENT", message: `${path} is not there` });
    }
    return reply.code(204).send();
  });
  return app;
}

/** The file system of a request's URI, and a signal that fires when the client goes away. */
async function target(env, request, reply) {
  const path = Path.parse(request.params["*"]);
  const leaving = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) leaving.abort(new Error("the client is gone"));
  });
  return { fs: await env.fileSystem(path), path, signal: leaving.signal };
}

async function send(fs, status, request, reply, signal) {
  const tag = etag(status);
  reply.header("etag", tag).header("accept-ranges", "bytes");
  if (status.modificationTime > 0) {
    reply.header("last-modified", new Date(status.modificationTime).toUTCString());
  }
  if (request.headers["if-none-match"] === tag) return reply.code(304).send();
  const range = rangeOf(request.headers.range, status.length);
  if (range === "unsatisfiable") {
    reply.header("content-range", `bytes */${status.length}`);
    return reply.code(416).send({ error: "EINVAL", message: "the range lies outside of the file" });
  }
  reply.type("application/octet-stream");
  const { start, end } = range ?? { start: 0, end: status.length };
  if (range !== undefined) {
    reply.code(206).header("content-range", `bytes ${start}-${end - 1}/${status.length}`);
  }
  reply.header("content-length", end - start);
  if (request.method === "HEAD") return reply.send();
  const stream = await fs.open(status.path, { start, end, status, ifVersion: status.version, signal });
  // When it fails the status is sent already: Fastify breaks the connection off, so that nobody takes the body for whole.
  return reply.send(Readable.from(copies(stream), { objectMode: false }));
}

/** A chunk is valid until the next one is asked for, and the socket may still hold it by then. */
async function* copies(stream) {
  try {
    for await (const chunk of stream.chunks()) yield Buffer.from(chunk);
  } finally {
    await stream.close();
  }
}

/** One range of bytes; several, or another unit, are answered with the whole file, as HTTP allows. */
function rangeOf(header, length) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === "" || last === "" ? length : Math.min(length, Number(last) + 1);
  return start >= end ? "unsatisfiable" : { start, end };
}

function etag({ version, length, modificationTime }) {
  return `"${(version ?? `${length}-${modificationTime}`).replaceAll('"', "")}"`;
}

async function list(fs, path, request, reply, signal) {
  const entries = [];
  for await (const { path: at, kind, length, modificationTime } of fs.listStatus(path, { signal })) {
    entries.push({ name: at.name, uri: at.toString(), kind, length, modificationTime });
  }
  if (request.headers.accept?.includes("text/html") !== true) return reply.send(entries);
  return reply.type("text/html; charset=utf-8").send(page(path, entries));
}
