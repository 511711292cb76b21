import { subscribe, unsubscribe } from "node:diagnostics_channel";

export interface Recording<T> extends Disposable {
  readonly messages: { readonly channel: string; readonly message: T }[];
}

/** Keeps what these channels are told until it is disposed. Messages are copied: an operation's end changes its start. */
export function recordChannels<T extends object>(...names: string[]): Recording<T> {
  const messages: { channel: string; message: T }[] = [];
  const listener = (message: unknown, name: string | symbol) => {
    messages.push({ channel: String(name), message: { ...(message as T) } });
  };
  for (const name of names) subscribe(name, listener);
  return {
    messages,
    [Symbol.dispose]() {
      for (const name of names) unsubscribe(name, listener);
    },
  };
}
