import { AlreadyLockedError } from '../errors/lock-errors.ts';
import { flockTakers } from '../posix/process-files.ts';
import { processExists } from '../posix/processes.ts';
import { processOwner } from '../posix/programs.ts';
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
  const stranger = now === null ? null : holderOfOtherUser(now.ino);
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

/** Who else has a lock on this inode, for the message alone. */
function holderOfOtherUser(ino: number): { readonly holder: number; readonly uid: number } | null {
  for (const holder of flockTakers(ino)) {
    const uid = processOwner(holder);
    if (uid !== null && uid !== process.geteuid?.()) return { holder, uid };
  }
  return null;
}
