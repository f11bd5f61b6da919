import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { LogFileError } from '../errors.ts';

/** An open file and the inode behind its number, to notice when the number was closed under us and given to another file. */
export interface OpenFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

export interface OpenOptions {
  readonly mode: number;
  readonly mkdir: boolean;
}

export interface LogFileOptions extends OpenOptions {
  /** Absolute. */
  readonly path: string;
  /** Write every line at once, or once a turn of the event loop. */
  readonly sync: boolean;
}

// Without O_NONBLOCK opening a FIFO waits for a reader, perhaps for ever. libuv adds O_CLOEXEC.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Between the two opens the file may come and go; nobody does that many times in a row by accident. */
const TRIES = 16;

/** Log directories are not for everybody's eyes, like the files in them. */
const DIRECTORY_MODE = 0o750;

/**
 * Opens a log file for appending, and creates it with exactly `mode`, whatever the umask. An existing file keeps its mode.
 * @throws {LogFileError} when it is a symbolic link, neither a regular file nor a character device, or cannot be opened
 * @see https://man7.org/linux/man-pages/man2/open.2.html
 */
export function openLogFile(path: string, { mode, mkdir }: OpenOptions): OpenFile {
  try {
    if (mkdir) mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    return openOrCreate(path, mode);
  } catch (error) {
    if (error instanceof LogFileError) throw error;
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    const reason = code === 'ELOOP' ? 'it is a symbolic link' : message.replace(/^[A-Z]+: /, '').replace(/, (open|mkdir).*/s, '');
    throw new LogFileError(path, code, reason, { cause: error });
  }
}

function openOrCreate(path: string, mode: number): OpenFile {
  for (let left = TRIES; ; left--) {
    try {
      return created(openSync(path, FLAGS | constants.O_CREAT | constants.O_EXCL, mode), mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    try {
      return existing(openSync(path, FLAGS), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 0) throw error;
    }
  }
}

function created(fd: number, mode: number): OpenFile {
  try {
    fchmodSync(fd, mode);
    return identityOf(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function existing(fd: number, path: string): OpenFile {
  const stat = fstatSync(fd, { bigint: true });
  if (stat.isFile() || stat.isCharacterDevice()) return { fd, dev: Number(stat.dev), ino: Number(stat.ino) };
  closeSync(fd);
  // What the kernel says of a FIFO without a reader, too.
  throw new LogFileError(path, 'ENXIO', 'it is neither a regular file nor a character device');
}

/** The file behind a descriptor. */
export function identityOf(fd: number): OpenFile {
  // bigint: on Node 20 a plain fstat of a pipe or socket makes the ESM loader stop resolving symlinks.
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return { fd, dev: Number(dev), ino: Number(ino) };
}

/**
 * What has become of an open file: `ours`, `unlinked` (still writable, but nobody can read it any more), or `foreign`: the number was closed, and
 * may name another file by now.
 */
export function conditionOf({ fd, dev, ino }: OpenFile): 'ours' | 'unlinked' | 'foreign' {
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (Number(stat.dev) !== dev || Number(stat.ino) !== ino) return 'foreign';
    return stat.nlink === 0n ? 'unlinked' : 'ours';
  } catch {
    return 'foreign';
  }
}
