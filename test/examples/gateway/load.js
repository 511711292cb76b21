/** What autocannon asks of the gateway, and how its answers are judged: each has to hold the right bytes, or be an error. */
import { createRequire } from "node:module";
import autocannon from "autocannon";

const { HTTPParser } = createRequire(createRequire(import.meta.url).resolve("autocannon"))("http-parser-js");

const SIZES = [0, 1, 1000, 40_000, 300_000];
export const SHARED = 1_500_000;

/** The bytes of a file's version: every line names them, and where it is. Version 0 is: no file. */
export function content(name, version, size = SIZES[version % SIZES.length]) {
  const lines = [];
  for (let at = 0; at < size; at += 32) lines.push(`${name} ${version} ${at}`.padEnd(31), "\n");
  return lines.join("").slice(0, size);
}

/**
 * @param {{ url(name: string): string, connections: number, seconds: number, run: string }} load `run` names the files
 */
export async function load({ url, connections, seconds, run }) {
  const whole = content("whole", 1, SHARED);
  const parts = content("parts", 1, SHARED);
  const wrong = [];
  const counts = { right: 0, refused: {}, broken: 0 };
  const files = [];
  /** What is neither right nor wrong is an error that says so. */
  const judge = (what, status, isRight) => {
    if (status >= 500) counts.refused[status] = (counts.refused[status] ?? 0) + 1;
    else if (isRight) counts.right++;
    else wrong.push(`${what}: ${status}`);
  };

  function requests(connection) {
    const name = `${run}-${connection}`;
    /** The version that a success confirmed, and those whose requests ended without one: they may be there, or not. */
    const file = { name, confirmed: 0, doubtful: new Set() };
    files.push(file);
    let last = 0;
    const change = (version, status) => {
      if (status >= 200 && status < 300) {
        file.confirmed = version;
        file.doubtful.delete(version);
      }
    };
    const at = (path, more) => ({ path: new URL(url(path)).pathname, ...more });
    const put = {
      setupRequest: (request) => {
        last++;
        file.doubtful.add(last);
        const body = content(name, last);
        // Headers of its own: autocannon keeps the length of the body before, and sends none for an empty one.
        const headers = { "Content-Length": String(body.length) };
        return { ...request, ...at(name), method: "PUT", body, headers };
      },
      onResponse: (status) => {
        judge(`PUT ${name}`, status, status === 201 || status === 204);
        change(last, status);
      },
    };
    const get = {
      ...at(name),
      onResponse: (status, body) => judge(`GET ${name}`, status, isVersion(file, status, body)),
    };
    const remove = {
      setupRequest: (request) => {
        file.doubtful.add(0);
        return { ...request, ...at(name), method: "DELETE" };
      },
      onResponse: (status) => {
        // Tried again after its answer was lost, the store says that nothing was there.
        judge(`DELETE ${name}`, status, status === 204 || status === 404);
        change(0, status === 404 ? 204 : status);
      },
    };
    const all = {
      ...at("whole"),
      onResponse: (status, body) => judge("GET whole", status, status === 200 && body === whole),
    };
    let start = 0;
    const range = {
      setupRequest: (request) => {
        start = (start + 123_457 * (connection + 1)) % (SHARED - 100_000);
        const headers = { range: `bytes=${start}-${start + 99_999}` };
        return { ...request, ...at("parts"), method: "GET", headers };
      },
      onResponse: (status, body) => {
        const isRight = status === 206 && body === parts.slice(start, start + 100_000);
        judge(`GET parts from ${start}`, status, isRight);
      },
    };
    const list = {
      ...at(""),
      onResponse: (status, body) => {
        const isRight = status === 200 && JSON.parse(body).some(({ length }) => length === SHARED);
        judge("list", status, isRight);
      },
    };
    return [put, get, range, all, put, get, list, range, remove, get];
  }

  const result = await autocannon({
    url: new URL(url("")).origin,
    connections,
    duration: seconds,
    timeout: 30,
    setupClient: (client) => {
      // After a connection that broke in the middle of an answer, autocannon would take the next one for its rest.
      const connect = client._connect;
      client._connect = function () {
        counts.broken += this.pipelinedRequests.size();
        this.pipelinedRequests.clear();
        this.parser.reinitialize(HTTPParser.RESPONSE);
        connect.call(this);
      };
      client.setRequests(requests(files.length));
    },
  });
  return { ...counts, wrong, files, timeouts: result.timeouts, result };
}

/** Whether the answer to a GET is one of the versions that may be there. */
export function isVersion({ name, confirmed, doubtful }, status, body) {
  const possible = [confirmed, ...doubtful];
  if (status === 404) return possible.includes(0);
  return status === 200 && possible.some((version) => version > 0 && body === content(name, version));
}
