import { fstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openForAppending } from '@daemonium/core/start';
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

/** Log directories are not readable for every user, like the files in them. */
const DIRECTORY_MODE = 0o750;

/**
 * Opens a log file for appending, and creates it with exactly `mode`, whatever the umask. An existing file keeps its mode.
 * @throws {LogFileError} when it is a symbolic link, neither a regular file nor a character device, or cannot be opened
 */
export function openLogFile(path: string, { mode, mkdir }: OpenOptions): OpenFile {
  try {
    if (mkdir) mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    return identityOf(openForAppending(path, mode));
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    const reason = code === 'ELOOP' ? 'it is a symbolic link' : message.replace(/^[A-Z]+: /, '').replace(/, (open|mkdir).*/s, '');
    throw new LogFileError(path, code, reason, { cause: error });
  }
}

/** The file behind a descriptor. */
export function identityOf(fd: number): OpenFile {
  // bigint: on Node 20 a plain fstat of a pipe or socket makes the ESM loader stop resolving symlinks.
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return { fd, dev: Number(dev), ino: Number(ino) };
}

/**
 * State of an open file: `ours`; `unlinked`: still writable, but no process can open it to read any more; `foreign`: the descriptor was
 * closed, and may be another file by now.
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
