import { writeSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ACK } from '../wire/report.ts';

/**
 * Tells the daemon that its start has worked, at once: a launcher that is killed after it leaves a daemon of which nobody was told, and each
 * turn of the event loop until start() is settled would make that likelier.
 * @returns `false` when the daemon was gone before
 */
export function acknowledge(control: Duplex): boolean {
  const { _handle: handle } = control as unknown as { readonly _handle: { readonly fd: number } | null };
  try {
    return handle !== null && writeSync(handle.fd, ACK) === ACK.length;
  } catch {
    // EPIPE: nobody reads it.
    return false;
  }
}
