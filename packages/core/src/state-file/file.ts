import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { openRegular } from '../lock/record.ts';
import { whyUntrusted } from '../lock/safety.ts';
import { sameInode } from '../lock/same-inode.ts';
import { hasCode } from '../posix/call.ts';
import { createFile } from '../posix/create-file.ts';

/** Longest content of a state file, in bytes. A daemon's record has some hundred bytes; text beyond this limit is not ours. */
const LONGEST = 4_096;
const READ_WRITE = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Path of a state file, `cron.state` beside `cron.pid`: the daemon's own report, for people. It is never trusted. */
export function stateFilePath(pidFile: string): string {
  return `${pidFile.replace(/\.pid$/, '')}.state`;
}

/**
 * Makes the state file of a daemon that is being started. The holder of the lock of `pidFile` calls it, and the daemon writes through the
 * descriptor, whatever rights it keeps. An existing file is replaced and never written: it may be another file's second name.
 * @param text content until the daemon writes
 * @throws {NodeJS.ErrnoException}
 */
export function makeStateFile(pidFile: string, text: string): number {
  const path = stateFilePath(pidFile);
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  const fd = createFile(path, constants.O_RDWR, 0o600);
  writeState(fd, text);
  return fd;
}

/** The state file beside a pid file, for its daemon's successor; `null` if there is none, or if others can have made it. */
export function openStateOf(pidFile: string): number | null {
  const path = stateFilePath(pidFile);
  try {
    const fd = openSync(path, READ_WRITE);
    if (whyUntrusted(path, fstatSync(fd)) === null) return fd;
    closeSync(fd);
  } catch {
    // Another process has removed it.
  }
  return null;
}

/** Replaces the text of a state file, in one write: a reader sees the old or the new text. */
export function writeState(fd: number, text: string): void {
  const { size } = fstatSync(fd);
  writeSync(fd, text.padEnd(Math.min(size, LONGEST), '\n'), 0);
}

/**
 * The same, and the file is as long as its text. Call it only while no process can have added a line that is still to be read: without it, the file
 * grows by each such line until {@link readState} does not reach the next one.
 */
export function writeWholeState(fd: number, text: string): void {
  writeState(fd, text);
  ftruncateSync(fd, Buffer.byteLength(text));
}

/** Text of an open state file. */
export function readState(fd: number): string {
  const buffer = Buffer.alloc(LONGEST);
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, LONGEST, 0));
}

/** Text of the state file beside a pid file; `null` if there is none, or if users other than root and the caller can have written it. */
export function readStateOf(pidFile: string): string | null {
  const path = stateFilePath(pidFile);
  try {
    const fd = openRegular(path);
    try {
      return whyUntrusted(path, fstatSync(fd)) === null ? readState(fd) : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

/**
 * Adds a line for the daemon to read.
 * @throws {NodeJS.ErrnoException} `ENOENT`: there is no such file; `EACCES`: this user may not write it
 * @throws {PidFileInsecureError} others can have made it
 */
export function addToStateOf(pidFile: string, line: string): void {
  const path = stateFilePath(pidFile);
  const fd = openSync(path, APPENDING);
  try {
    const fault = whyUntrusted(path, fstatSync(fd));
    if (fault !== null) throw fault;
    writeSync(fd, `${line}\n`);
  } finally {
    closeSync(fd);
  }
}

/**
 * Removes the state file of a pid file. Silent if it cannot: a file that is left says nothing about a running daemon.
 * @param fd removes the file only if this is it: in a new root directory the path may mean another
 */
export function removeStateOf(pidFile: string, fd: number | null = null): void {
  const path = stateFilePath(pidFile);
  try {
    if (fd === null || sameInode(fstatSync(fd), lstatSync(path))) unlinkSync(path);
  } catch {}
}
