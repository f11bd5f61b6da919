import { writeSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { WORD } from '../protocol/messages.ts';

/** Between two tries to write while the socket's buffer is full, in ms. The daemon starts reading after about 40 ms. */
const RETRY_MS = 1;

/**
 * Sends the payload, past the stream: a failed write would destroy the stream, and with it the daemon's reports that are still unread. A
 * daemon that has ended needs no error here: its end is noticed elsewhere.
 */
export function sendPayload(control: Duplex, payload: Uint8Array): void {
  const count = write(control, payload);
  if (count === null || count === payload.length) return;
  setTimeout(() => sendPayload(control, payload.subarray(count)), RETRY_MS);
}

/**
 * Sends one word at once. If the launcher is killed between {@link WORD.release} and the end of start(), its caller never learns of the
 * daemon; each turn of the event loop in between makes that likelier.
 */
export function sendWord(control: Duplex, word: (typeof WORD)[keyof typeof WORD]): void {
  write(control, Buffer.from(word));
}

/** Returns the number of bytes taken; `null` when the other end is closed. */
function write(control: Duplex, bytes: Uint8Array): number | null {
  const { _handle: handle } = control as unknown as { readonly _handle: { readonly fd: number } | null };
  if (handle === null) return null;
  try {
    return writeSync(handle.fd, bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : null;
  }
}
