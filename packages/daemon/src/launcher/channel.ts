import { writeSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { WORD } from '../protocol/messages.ts';

/** Between two tries to write while the socket's buffer is full, in ms. The daemon starts reading after about 40 ms. */
const RETRY = 1;

/**
 * Sends the payload, past the stream: a stream whose write fails is destroyed, and with it what the other side has said before it ended.
 * A daemon that has ended needs no error here: its end is noticed elsewhere.
 */
export function sendPayload(control: Duplex, payload: Uint8Array): void {
  const count = write(control, payload);
  if (count === null || count === payload.length) return;
  setTimeout(() => sendPayload(control, payload.subarray(count)), RETRY);
}

/**
 * Sends one word, at once: a launcher that is killed right after {@link WORD.release} leaves a daemon of which nobody was told, and each turn of
 * the event loop until start() is settled would make that likelier.
 */
export function sendWord(control: Duplex, word: (typeof WORD)[keyof typeof WORD]): void {
  write(control, Buffer.from(word));
}

/** How much was taken; `null` when nobody is there to take it. */
function write(control: Duplex, bytes: Uint8Array): number | null {
  const { _handle: handle } = control as unknown as { readonly _handle: { readonly fd: number } | null };
  if (handle === null) return null;
  try {
    return writeSync(handle.fd, bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : null;
  }
}
