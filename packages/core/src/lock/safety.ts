import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PidFileInsecureError } from '../errors/lock-errors.ts';
import { GROUP_AND_OTHERS_WRITE, GROUP_WRITE, OTHERS_WRITE, STICKY, showMode } from '../posix/file-mode.ts';

const ROOT = 0;

const USE_ANOTHER_DIRECTORY = 'use a directory that only root and this user can write, such as /run';
const REMOVE_FILE = 'remove it, or use a directory that only its owner can write';

/** Why a file is refused, and what to do about it. */
interface Fault {
  readonly why: string;
  readonly cure: string;
}

/**
 * Whether users other than root and the caller could forge a pid file in this directory. A start checks this before it makes the file, and
 * a stop before it believes the file: both accept the same directories. The directory's owner is not checked. He could only replace the
 * file by another one that root or the caller owns, and the process it names must hold its lock.
 */
function directoryFault(directory: Stats): Fault | null {
  const { mode, gid } = directory;
  // The sticky bit: other users cannot remove the files of root or the caller.
  if ((mode & STICKY) !== 0) return null;
  const shown = showMode(mode);
  if ((mode & OTHERS_WRITE) !== 0) {
    return { why: `every user can write its directory (mode ${shown}, without the sticky bit)`, cure: USE_ANOTHER_DIRECTORY };
  }
  // Many systems give each user a group of his own: a directory that this group can write is still private. For root, only root's group is.
  if (process.geteuid?.() === ROOT && gid !== ROOT && (mode & GROUP_WRITE) !== 0) {
    return { why: `the group ${gid} can write its directory (mode ${shown})`, cure: USE_ANOTHER_DIRECTORY };
  }
  return null;
}

/** Whether users other than root and the caller can have written this file. `uid`: one more trusted user. */
function fileFault(file: Stats, uid?: number): Fault | null {
  if (!file.isFile()) return { why: 'it is not a regular file', cure: 'give the path of a pid file' };
  // 0 names: it was removed since it was opened, which is for the caller to notice.
  if (file.nlink > 1) return { why: `it has ${file.nlink} hard links, so it is some other file, too`, cure: REMOVE_FILE };
  if (file.uid !== ROOT && file.uid !== process.geteuid?.() && file.uid !== uid) {
    return { why: `it belongs to uid ${file.uid}, which can change it`, cure: REMOVE_FILE };
  }
  return null;
}

function modeFault({ mode }: Stats): Fault | null {
  if ((mode & GROUP_AND_OTHERS_WRITE) === 0) return null;
  return { why: `others than its owner can write it (mode ${showMode(mode)})`, cure: REMOVE_FILE };
}

/** A directory as it is now. @throws {NodeJS.ErrnoException} */
export function directoryOf(path: string): Stats | null {
  return statSync(dirname(path), { throwIfNoEntry: false }) ?? null;
}

/** @throws {PidFileInsecureError} nothing was made or changed */
export function assertSafeDirectory(path: string, directory: Stats): void {
  refuse(path, directoryFault(directory));
}

/**
 * Whether a file that was just opened may be locked, and then be replaced or written.
 * @param isHeld asked only where it makes a difference to the advice: a living daemon's file is not to be removed
 * @throws {PidFileInsecureError} the file is as it was
 */
export function assertSafeFile(path: string, file: Stats, uid: number | undefined, isHeld: () => boolean): void {
  const fault = fileFault(file, uid);
  if (fault === null) return;
  const isOthers = file.nlink === 1 && file.isFile();
  if (isOthers && isHeld())
    refuse(path, { ...fault, cure: `its lock is held, so a daemon of uid ${file.uid} runs: manage it as that user` });
  refuse(path, fault);
}

/** @throws {PidFileInsecureError} another user can write the file that we have made: its mount has no modes, or it has a second name */
export function assertSafeMade(path: string, file: Stats): void {
  refuse(path, file.nlink > 1 ? fileFault(file, file.uid) : modeFault(file));
}

function refuse(path: string, fault: Fault | null): void {
  if (fault !== null) throw new PidFileInsecureError(path, fault.why, fault.cure);
}

/** Whether only the caller can have this file open for writing. */
export function isOurs({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & GROUP_AND_OTHERS_WRITE) === 0;
}

/** Why this file cannot be trusted, as the error of a start that refuses it; `null` when it can. */
export function whyUntrusted(path: string, file: Stats): PidFileInsecureError | null {
  const directory = directoryOf(path);
  const fault = fileFault(file) ?? modeFault(file) ?? (directory === null ? null : directoryFault(directory));
  return fault === null ? null : new PidFileInsecureError(path, fault.why, fault.cure);
}
