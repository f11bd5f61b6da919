import type { PidLockFile } from '@daemonium/core';
import type { DeferredSignals } from '../service/deferred-signals.ts';

/**
 * Stage 6: writes the pid into the locked file. From here on the daemon can be found and signalled, so signals that get a meaning in stage
 * 7 wait until then.
 * @param sealed for a daemon that has given up root: has the launcher write the file, which the daemon must not be able to change. With
 * `respawn`, the shell's pid is written
 * @param pid the pid for the file
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
