import { closeSync, constants, fchmodSync, fchownSync, fstatSync, ftruncateSync, openSync, type Stats, unlinkSync } from 'node:fs';
import { AlreadyLockedError, PidFileUnreadableError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { GROUP_AND_OTHERS_WRITE } from '../posix/file-mode.ts';
import { tryLockExclusive } from '../posix/locks.ts';
import { parseRecord, readText } from './record.ts';
import { assertSafeMade, isOurs } from './safety.ts';
import { lstatOrNull, sameInode } from './same-inode.ts';
import { type Hold, hold, type LockState } from './state.ts';
import { unlockedOwner } from './unlocked-owner.ts';
import { openWriter, writerOf } from './writer.ts';

/** Node adds O_CLOEXEC to every open; NOCTTY, because opening a terminal could make it the session's before it is seen to be none of ours. */
export const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A file that is open and locked, and the inode that the path names. */
export interface Locked {
  readonly fd: number;
  readonly stat: Stats;
  /** The file is new: no other process can have locked it before. */
  readonly fresh: boolean;
}

/**
 * Makes a locked file ours. A file that only this user can write is emptied, and gets mode and owner. Any other file is replaced by a new
 * one: otherwise root would empty another file, if a user was quick to put a hard link there.
 * @param isPrivate no other user can put a file there
 * @returns `moved` when another process was quicker
 */
export function take(state: LockState, { fd, stat, fresh }: Locked, isPrivate: boolean): Hold | 'moved' {
  if (stat.size > 0) refuseForeign(state, fd, stat);
  if (fresh || (isPrivate && isOurs(stat))) return made(state, fd, stat);
  const replacement = replace(state);
  if (replacement === 'moved') return 'moved';
  closeSync(fd);
  return replacement;
}

/** @throws {AlreadyLockedError} an older version holds the file in its own way */
function refuseForeign({ path, options }: LockState, fd: number, stat: Stats): void {
  if (options.foreign !== 'respect') return;
  const pid = unlockedOwner(fd, stat.mtimeMs);
  if (pid !== null) throw new AlreadyLockedError(path, pid);
}

/** Only the process that holds the lock of the named file may remove it, and this one does. */
function replace(state: LockState): Hold | 'moved' {
  const { path, options } = state;
  unlinkSync(path);
  let fd: number;
  try {
    fd = openSync(path, READ | constants.O_CREAT | constants.O_EXCL, options.mode);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return 'moved';
    throw error;
  }
  let result: Hold | 'moved' = 'moved';
  try {
    const stat = fstatSync(fd);
    const isLocked = tryLockExclusive(fd);
    const now = lstatOrNull(path);
    if (isLocked && now !== null && sameInode(now, stat)) result = made(state, fd, now);
    return result;
  } finally {
    if (result === 'moved') closeSync(fd);
  }
}

/** Sets mode and owner, and empties the file. It is locked, and belongs to no other user. */
function made(state: LockState, fd: number, stat: Stats): Hold {
  const { path, options } = state;
  const mine: Hold = { fd, dev: stat.dev, ino: stat.ino, writer: null, word: 'own' };
  try {
    const { uid = stat.uid, gid = stat.gid, mode } = options;
    const isWritable = (stat.mode & GROUP_AND_OTHERS_WRITE) !== 0 || stat.nlink > 1;
    if (uid !== stat.uid || gid !== stat.gid) fchownSync(fd, uid, gid);
    if ((stat.mode & 0o7777) !== mode) fchmodSync(fd, mode);
    if (isWritable) assertSafeMade(path, fstatSync(fd));
    openWriter(state, mine);
    if (stat.size > 0) ftruncateSync(writerOf(state, mine), 0);
  } catch (error) {
    if (mine.writer !== null) closeSync(mine.writer);
    if (stat.size === 0) unlinkQuietly(path);
    throw error;
  }
  return hold(state, mine);
}

/**
 * A wrong path must not cost a file.
 * @throws {PidFileUnreadableError}
 */
export function assertPidFile(path: string, fd: number): void {
  const text = readText(fd);
  if (text === '' || parseRecord(text) !== null) return;
  throw new PidFileUnreadableError(
    path,
    `expected an empty file or one decimal pid, found ${excerpt(text)}; give another path, or remove it`,
  );
}

const LONGEST_EXCERPT = 32;

function excerpt(text: string): string {
  return JSON.stringify(text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}...` : text);
}

export function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {}
}
