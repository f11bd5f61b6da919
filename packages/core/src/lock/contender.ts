import { readFileSync, statSync } from 'node:fs';
import { AlreadyLockedError } from '../errors/lock-errors.ts';
import { processExists } from '../posix/processes.ts';
import { pauseSync } from './pause.ts';
import { parseRecord, readRecord } from './record.ts';
import { named } from './same-inode.ts';
import { heldHere, type LockState } from './state.ts';

/** A holder that is about to seal does so within milliseconds; FreeBSD's pidfile(3) looks as often. */
const READS = 4;
const BETWEEN_READS_MS = 5;

/** What the loser is told. The winner's file is only read. */
export function heldError({ path }: LockState): AlreadyLockedError {
  const now = named(path);
  const here = now === null ? null : heldHere(now);
  if (here !== null) return new AlreadyLockedError(path, here.pid ?? process.pid);
  const pid = sealedPid(path);
  const stranger = holderOfOtherUser(path);
  if (stranger === null) return new AlreadyLockedError(path, pid);
  const { uid, holder } = stranger;
  return new AlreadyLockedError(
    path,
    pid,
    `Cannot lock '${path}': held by ${pid === null ? '' : `pid ${pid}, or by `}process ${holder} of another user (uid ${uid}); mode 0o600 keeps other users from locking it`,
  );
}

function sealedPid(path: string): number | null {
  for (let reads = 1; ; reads++) {
    const reading = readRecord(path);
    if (!('text' in reading)) return null;
    if (reading.text !== '' || reads === READS) {
      const pid = parseRecord(reading.text);
      return pid !== null && processExists(pid) ? pid : null;
    }
    pauseSync(BETWEEN_READS_MS);
  }
}

/**
 * Who else has a lock on this inode, for the message alone: the pid column of /proc/locks names the process that took the lock, which need
 * not be the one that has it now, and inode numbers are shared between filesystems.
 */
function holderOfOtherUser(path: string): { readonly holder: number; readonly uid: number } | null {
  try {
    const ino = named(path)?.ino;
    for (const line of readFileSync('/proc/locks', 'latin1').split('\n')) {
      const [, pid, inode] = /FLOCK +ADVISORY +(?:WRITE|READ) +([0-9]+) +[0-9a-f]+:[0-9a-f]+:([0-9]+) /.exec(line) ?? [];
      if (pid === undefined || Number(inode) !== ino) continue;
      const { uid } = statSync(`/proc/${pid}`);
      if (uid !== process.geteuid?.()) return { holder: Number(pid), uid };
    }
  } catch {
    // No /proc, or the holder has just gone.
  }
  return null;
}
