import type { PidLockFile } from '@daemonium/core';
import type { DeferredSignals } from '../service/deferred-signals.ts';

/**
 * Stage 6: the pid goes into the locked file. From here on the daemon can be found and signalled, so signals that mean something from stage 7 on
 * wait until then.
 * @param sealed for a daemon that has given up root: has the launcher write it, because the file is root's word; and with `respawn` that of the shell
 * @param pid what the file is to say
 */
export async function stage6PidFile(
  lock: PidLockFile | null,
  signals: DeferredSignals,
  sealed: (() => Promise<void>) | null,
  pid: number,
): Promise<void> {
  if (lock === null) return;
  signals.defer();
  if (lock.isPrimary()) return;
  await sealed?.();
  // If the launcher has written the pid, this call only checks it.
  lock.seal(pid);
}
