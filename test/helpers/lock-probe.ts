import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { allPids, descriptorsOf, lockIdentity } from './observe.ts';

/** Exit code of flock(1), in util-linux and in BusyBox, when another process holds the lock; its own failures are 64 and above. */
const CONFLICT = 1;

/**
 * Whether anybody holds a flock on the file, asked by another process (flock(1)): a look through this one could free or hide a lock.
 * A free lock is taken (shared) for an instant, so this is not for races. A missing file is not locked, and is not created.
 */
export async function isLocked(path: string): Promise<boolean> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      const probe = spawn('flock', ['-s', '-n', '3'], { stdio: ['ignore', 'ignore', 'inherit', fd] });
      probe.once('error', reject).once('exit', resolve);
    });
    if (code !== 0 && code !== CONFLICT) throw new Error(`flock(1) ended with ${code} on '${path}'`);
    return code === CONFLICT;
  } finally {
    closeSync(fd);
  }
}

/** The processes with a descriptor through which the file is flocked, as /proc shows it: the proof that `stop()` wants, too. */
export function lockHolders(path: string): number[] {
  const identity = lockIdentity(path);
  return allPids().filter((pid) => {
    try {
      return descriptorsOf(pid).some(({ locks }) => locks.some((line) => /\bFLOCK\b/.test(line) && line.split(/\s+/).includes(identity)));
    } catch {
      return false;
    }
  });
}
