import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoError } from '../errors/errno-error.ts';
import { createFile } from './create-file.ts';
import { isPrivate } from './file-mode.ts';

// O_NONBLOCK: opening a FIFO would wait for a reader, perhaps for ever. It stays set, which regular files ignore. libuv adds O_CLOEXEC.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The file may come and go between the two opens, but not so many times in a row by accident. */
const TRIES = 16;

/**
 * Opens a log, as an attacker may have prepared it, for appending: follows no symbolic link, does not wait, and accepts only a regular
 * file or a character device (a terminal, /dev/null). A file with a second name is refused where another user can have given it this one: it may be
 * any file. Creates the file with exactly `mode`, whatever the umask. An existing file keeps its mode.
 * @throws {NodeJS.ErrnoException} `ELOOP` for a symbolic link, `EMLINK` for a hard link, `ENXIO` for a FIFO or a socket, `EACCES`, `EISDIR`, `ENOENT`, ...
 * @see https://man7.org/linux/man-pages/man2/open.2.html
 */
export function openForAppending(path: string, mode: number): number {
  for (let left = TRIES; ; left--) {
    try {
      return createFile(path, FLAGS, mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    try {
      return checked(openSync(path, FLAGS), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 0) throw error;
    }
  }
}

/** Examines the open descriptor, not the path: the file may have been replaced since an earlier look. */
function checked(fd: number, path: string): number {
  // bigint: on Node 20 a plain fstat of a pipe or socket makes the ESM loader stop resolving symlinks.
  const stat = fstatSync(fd, { bigint: true });
  const isLink = stat.isFile() && stat.nlink > 1n && !isPrivate(statSync(dirname(path)));
  if (!isLink && (stat.isFile() || stat.isCharacterDevice())) return fd;
  closeSync(fd);
  if (isLink) throw errnoError('EMLINK', 'it has a second name, and others can write its directory', { syscall: 'open', path });
  // ENXIO is also the kernel's error for a FIFO without a reader.
  throw errnoError('ENXIO', 'neither a regular file nor a character device', { syscall: 'open', path });
}
