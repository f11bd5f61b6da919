import type { EncodedError } from './error-codec.ts';

/** Messages on a daemon's request socket, one JSON line each. */
export type UpgradeRequest = {
  readonly type: 'upgrade';
  /** Time-out of the successor's READY, in ms; `null`: the option `startTimeout`. */
  readonly timeout: number | null;
  /** Over the environment of the running daemon; `null` deletes. */
  readonly env: Readonly<Record<string, string | null>>;
};

/** `name`: the pid file is root's word, and the asker is to make it name this process. */
export type UpgradeReply =
  | { readonly type: 'name'; readonly pid: number; readonly previous: number }
  | { readonly type: 'upgraded'; readonly pid: number; readonly previous: number }
  | { readonly type: 'failed'; readonly error: EncodedError };

/** The answer to `name`. */
export type NameReply = { readonly type: 'named' } | { readonly type: 'refused'; readonly error: EncodedError };

/** A StartError holds the successor's output, up to 1 MiB of each stream, which grows when it is written as JSON. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Splits the incoming bytes into messages. Keeps at most one line in memory, as the other side is not trusted. */
export class MessageReader<Message> {
  #rest = '';

  /** @throws {Error} the bytes are no message */
  read(text: string): Message[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) throw new Error('The message on the request socket has no end');
    return lines.map((line) => JSON.parse(line) as Message);
  }
}

export function encodeMessage(message: UpgradeRequest | UpgradeReply | NameReply): string {
  return `${JSON.stringify(message)}\n`;
}
