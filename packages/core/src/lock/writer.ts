import { closeSync, constants, openSync } from 'node:fs';
import { NotMyLockError } from '../errors/lock-errors.ts';
import { fstatOrNull, sameInode } from './same-inode.ts';
import type { Hold, LockState } from './state.ts';

const WRITE = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens the file of a lock for writing, apart from the locked description: that one may go to a process that must not change the pid in the
 * file.
 * @throws {NodeJS.ErrnoException} `EACCES`, `ENOENT` (it has no name any more, or none in this root directory), ...
 */
export function openWriter({ path }: LockState, hold: Hold): void {
  hold.writer = openSync(path, WRITE);
}

/**
 * A descriptor that writes the locked file and no other: the path may name another by now, and a number may have been closed and given out
 * again.
 * @throws {NotMyLockError}
 * @throws what {@link openWriter} throws
 */
export function writerOf(state: LockState, hold: Hold): number {
  if (hold.writer === null) openWriter(state, hold);
  const writer = hold.writer as unknown as number;
  const stat = fstatOrNull(writer);
  if (stat !== null && sameInode(stat, hold)) return writer;
  hold.writer = null;
  throw new NotMyLockError(state.path, `descriptor ${writer}, which writes the file, was closed or is another file by now`);
}

/** No description that can write the file stays open in this process. */
export function closeWriter(hold: Hold): void {
  const { writer } = hold;
  hold.writer = null;
  if (writer === null) return;
  const stat = fstatOrNull(writer);
  if (stat !== null && sameInode(stat, hold)) closeSync(writer);
}
