import { closeSync, constants, fchmodSync, openSync } from 'node:fs';

/**
 * Creates a file with exactly `mode`, whatever the umask, and opens it.
 * @throws {NodeJS.ErrnoException} `EEXIST`: something has this name, maybe a symbolic link
 * @see https://man7.org/linux/man-pages/man2/open.2.html
 */
export function createFile(path: string, flags: number, mode: number): number {
  const fd = openSync(path, flags | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
  try {
    fchmodSync(fd, mode);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
