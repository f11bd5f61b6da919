import type { PidLockFile } from '@daemonium/core';
import type { DeferredSignals } from '../service/deferred-signals.ts';

/**
 * Stage 6: write the pid into the locked file, through the descriptor that the launcher opened with its rights.
 * From here on the daemon can be found and signalled, so signals that mean something from stage 7 on wait until then.
 */
export function stage6PidFile(lock: PidLockFile | null, signals: DeferredSignals): void {
  if (lock === null) return;
  signals.defer();
  if (!lock.isPrimary()) lock.seal();
}
