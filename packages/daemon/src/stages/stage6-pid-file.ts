import type { Context } from '../context.ts';
import { holdSignals } from '../lifetime/held-signals.ts';

/**
 * Stage 6: write the pid into the locked file, through the descriptor that the launcher opened with its rights.
 * From here on the daemon can be found and signalled, so signals that mean something from stage 7 on wait until then.
 */
export function stage6PidFile(context: Context): void {
  const lock = context.lock();
  if (lock === null) return;
  holdSignals(context);
  if (!lock.isPrimary()) lock.seal();
}
