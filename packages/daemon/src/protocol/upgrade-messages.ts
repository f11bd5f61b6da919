import type { EncodedError } from './error-codec.ts';

/** Messages on a daemon's request socket, one JSON line each. */
export type UpgradeRequest = {
  readonly type: 'upgrade';
  /** For the successor's READY, in ms; `null`: the option `startTimeout`. */
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

/** A StartError holds what the successor wrote, up to 1 MiB of each stream, as JSON may have it. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Splits the incoming bytes into messages. Keeps at most one line in memory, as the other side is not trusted. */
export class MessageReader<Message> {
  #rest = '';

  /** @throws {Error} what arrives is no message */
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
