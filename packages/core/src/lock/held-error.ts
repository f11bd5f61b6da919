import { AlreadyLockedError } from '../errors/lock-errors.ts';
import { type ProcessLife, processIsAlive, processLife } from '../posix/processes.ts';
import { holderOfOtherUser } from './holder-of-other-user.ts';
import { parseRecord, readPid, readRecord } from './record.ts';
import { lstatOrNull } from './same-inode.ts';
import { heldHere, type LockState } from './state.ts';

/** A holder that is about to seal does so within milliseconds; FreeBSD's pidfile(3) looks as often. */
const READS = 4;
const BETWEEN_READS_MS = 5;

/** How far the process is that the file of a held lock names; `null`: the file names none. The lock of one that is not alive is about to be free. */
export function lifeOfHolder({ path }: LockState): ProcessLife | null {
  const pid = readPid(path);
  return pid === null ? null : processLife(pid);
}

/** Makes the error of the process that did not get the lock. Yields the pauses between its looks, in ms. It only reads the holder's file. */
export function* heldError({ path }: LockState): Generator<number, AlreadyLockedError> {
  const now = lstatOrNull(path);
  const here = now === null ? null : heldHere(now);
  if (here !== null) return heldByThis(path, here);
  const pid = yield* sealedPid(path);
  const stranger = now === null ? null : holderOfOtherUser(now.ino, pid);
  if (stranger === null) return new AlreadyLockedError(path, pid);
  const { uid, pid: holder } = stranger;
  return new AlreadyLockedError(
    path,
    pid,
    `Cannot lock '${path}': held by ${pid === null ? '' : `pid ${pid}, or by `}process ${holder} of another user (uid ${uid}); mode 0o600 keeps other users from locking it`,
  );
}

function heldByThis(path: string, { pid }: LockState): AlreadyLockedError {
  const message = `Cannot lock '${path}': held by pid ${process.pid}, which is this process, by another PidLockFile; release that one, or use it`;
  return new AlreadyLockedError(path, pid ?? process.pid, message);
}

function* sealedPid(path: string): Generator<number, number | null> {
  for (let reads = 1; ; reads++) {
    const reading = readRecord(path);
    if (!('text' in reading)) return null;
    if (reading.text !== '' || reads === READS) {
      const pid = parseRecord(reading.text);
      return pid !== null && processIsAlive(pid) ? pid : null;
    }
    yield BETWEEN_READS_MS;
  }
}
