import { writeSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ACK } from '../wire/report.ts';

/** Between two tries to write what the socket did not take, in ms; the daemon needs some forty until it reads at all. */
const RETRY = 1;

/**
 * Sends the payload, past the stream: a stream whose write fails is destroyed, and with it what the other side has said before it ended.
 * Who is not there to read it needs no error here.
 */
export function sendPayload(control: Duplex, payload: Uint8Array): void {
  const count = write(control, payload);
  if (count === null || count === payload.length) return;
  setTimeout(() => sendPayload(control, payload.subarray(count)), RETRY);
}

/**
 * Tells the daemon that its start has worked, at once: a launcher that is killed after it leaves a daemon of which nobody was told, and each
 * turn of the event loop until start() is settled would make that likelier.
 * @returns `false` when the daemon was gone before
 */
export function acknowledge(control: Duplex): boolean {
  return write(control, Buffer.from(ACK)) === ACK.length;
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
