import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { hasCode } from '../posix/call.ts';
import { fstatOrNull } from './same-inode.ts';

/** Longer than any pid and its newline: a longer text is no pid. */
const LONGEST_RECORD = 64;
/** pid_t is a signed 32-bit integer everywhere. */
const HIGHEST_PID = 2 ** 31 - 1;

const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Text of the file to pid. Nothing but a decimal number and at most one newline is one: `kill` takes `''` for one's own process group. */
export function parseRecord(text: string): number | null {
  if (!/^[1-9][0-9]{0,9}\n?$/.test(text)) return null;
  const pid = Number.parseInt(text, 10);
  return pid <= HIGHEST_PID ? pid : null;
}

/**
 * {@link parseRecord} for those who hold the lock, or prove who does. A pid with fewer digits than the last one has newlines behind it until
 * its writer has cut them off, and for good if that is killed before.
 */
export function parseNamed(text: string): number | null {
  return parseRecord(text.replace(/\n+$/, '\n'));
}

export function formatRecord(pid: number): string {
  return `${pid}\n`;
}

export function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= HIGHEST_PID;
}

/** The beginning of an open file, from its first byte. */
export function readText(fd: number): string {
  const buffer = Buffer.allocUnsafe(LONGEST_RECORD + 1);
  return buffer.toString('latin1', 0, readSync(fd, buffer, 0, LONGEST_RECORD + 1, 0));
}

/** Content of a pid file. `text` is `''` for an empty file; `unreadable` is the error of the read. */
export type Reading = { readonly text: string } | { readonly missing: true } | { readonly unreadable: unknown };

/** Opens a regular file for reading, never waiting for a FIFO's writer, following no link, moving no device. */
export function openRegular(path: string): number {
  const fd = openSync(path, READ_ONLY);
  if (fstatOrNull(fd)?.isFile() === true) return fd;
  closeSync(fd);
  throw errnoError('EINVAL', 'not a regular file', { syscall: 'open', path });
}

export function readRecord(path: string): Reading {
  try {
    const fd = openRegular(path);
    try {
      return { text: readText(fd) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return hasCode(error, 'ENOENT', 'ENOTDIR') ? { missing: true } : { unreadable: error };
  }
}

/**
 * The pid a file names, or `null` for a file that is missing, empty, garbage, or not to be read.
 * @param parse {@link parseRecord}, or {@link parseNamed}
 */
export function readPid(path: string, parse = parseRecord): number | null {
  const reading = readRecord(path);
  return 'text' in reading ? parse(reading.text) : null;
}
