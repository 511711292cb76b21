import { Socket } from "node:net";

/** Bytes that the system hands over at once, at most. */
const BUFFER_BYTES = 256 * 1024;

/** Takes bytes; where they are lent, the next read changes them. False: the socket is not read before it is resumed. */
export type Receive = (bytes: Buffer, areLent: boolean) => boolean;

/**
 * The socket of an accepted connection, read into one buffer over and over. Node has this (`onread`) for sockets that
 * connect but not for those that a server accepts, so the connection moves into a socket made by hand, by a property
 * that Node does not document. It is worth it: a GiB costs 0.2 s of processor time so, and 0.4 to 0.6 with a new
 * buffer for every read. Should the property go one day, that is what happens.
 *
 * @param accepted paused (`pauseOnConnect`), with nothing read from it
 */
export function withOwnBuffer(accepted: Socket, receive: Receive): Socket {
  const movable = accepted as { _handle?: unknown };
  const handle = movable._handle;
  if (handle === undefined || handle === null) return withNewBuffers(accepted, receive);
  movable._handle = null;
  accepted.destroy();
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const onread = { buffer, callback: (end: number) => receive(buffer.subarray(0, end), true) };
  const options = { handle, allowHalfOpen: true, onread };
  const socket = new Socket(options);
  socket.resume();
  return socket;
}

/** TLS can be had no other way. */
export function withNewBuffers(socket: Socket, receive: Receive): Socket {
  socket.on("data", (chunk: Buffer) => {
    if (!receive(chunk, false)) socket.pause();
  });
  return socket.resume();
}
