import { closeSync, openSync, readSync } from 'node:fs';

/**
 * `length` random bytes as hexadecimal digits, from urandom(4): loading node:crypto would cost every start 2 to 3 ms.
 * @see https://man7.org/linux/man-pages/man4/urandom.4.html
 */
export function randomHex(length: number): string {
  const bytes = Buffer.alloc(length);
  const fd = openSync('/dev/urandom', 'r');
  try {
    readSync(fd, bytes, 0, length, null);
  } finally {
    closeSync(fd);
  }
  return bytes.toString('hex');
}
