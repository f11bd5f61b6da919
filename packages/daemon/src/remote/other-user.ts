import { statSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import { core } from '../internal/core.ts';

/** Why nothing is proved of a lock that is held, where the reason is that another user has it, to go after the daemon's name; otherwise `null`. */
export function otherUsersDaemon(lock: PidLockFile): string | null {
  try {
    return lock.isActive() ? look(lock) : null;
  } catch {
    return null;
  }
}

function look(lock: PidLockFile): string | null {
  const { uid } = statSync(lock.path);
  const pid = lock.readPid();
  // The pid in another user's file is only that user's word, even to root.
  if (uid !== 0 && uid !== process.geteuid?.()) {
    const says = pid === null ? '' : ` (its own file says pid ${pid})`;
    return `runs as uid ${uid}${says}; run this as user ${userName(uid)}, or use systemctl`;
  }
  const isHidden = pid !== null && mayNotSee(pid);
  return isHidden ? 'seems to run (the lock is held); only root or its owner can see which process it is' : null;
}

/** Whether a process belongs to another user, so that this one may not see its open files. */
export function mayNotSee(pid: number): boolean {
  const owner = core().processOwner(pid);
  const own = process.geteuid?.();
  return owner !== null && own !== 0 && owner !== own;
}

function userName(uid: number): string {
  return core().lookupUser(uid)?.name ?? String(uid);
}
