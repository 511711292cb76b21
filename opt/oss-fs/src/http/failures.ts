/** Why a request has no whole answer; codes are Node's. None of them holds what was sent or received. */

export function reset(): Error {
  return coded("ECONNRESET", "the connection was closed before the answer was complete");
}

/** No store can have what was not sent: whatever else told success, the request has to be made again. */
export function rashSuccess(): Error {
  return coded("ECONNRESET", "the server told success before it could have the whole body");
}

export function timedOut(message: string): Error {
  return coded("ETIMEDOUT", message);
}

/** The other side does not speak HTTP/1.1, or speaks it so that two readers could take it for different things. */
export function malformed(what: string): Error {
  return coded("HPE_INVALID_ANSWER", what);
}

export function closed(): Error {
  return new Error("the file system is closed");
}

export function unwanted(): Error {
  return new Error("the answer was not wanted");
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
