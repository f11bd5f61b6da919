import { writeSync } from 'node:fs';

/** Retry interval while the pipe or socket is full, in ms. */
const RETRY_MS = 1;

/**
 * Writes all bytes, and waits while the other side's buffer is full. Blocks this thread: for last words, when the event loop does not turn
 * any more.
 * @returns `false` when the other side has closed, or nothing can be written
 */
export function writeFully(fd: number, bytes: Uint8Array): boolean {
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
  return true;
}
