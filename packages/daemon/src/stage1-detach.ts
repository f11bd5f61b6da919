import { arrivedLock } from '@daemonium/core/start';
import type { Context } from './context.ts';
import { startPayload } from './daemonized/arrival.ts';
import { DaemonError } from './errors.ts';
import { connectManager } from './lifetime/notify.ts';
import { stage1Arrive, stage1Foreground } from './stages/stage1-arrive.ts';

/**
 * Stage 1: detach. In the launcher it spawns the daemon, in a session of its own and through a shell that leads it; in the daemon it takes
 * over what crossed. In the foreground there is nothing to detach from.
 * @see https://man7.org/linux/man-pages/man7/daemon.7.html
 */
export async function stage1Detach(context: Context): Promise<void> {
  if (context.role !== 'launcher') await connectManager(context);
  if (context.role === 'foreground') return stage1Foreground(context);
  if (context.role === 'daemon' && startPayload !== null) return stage1Arrive(context, arrivedLock(), startPayload.streams);
  if (context.detach === null)
    throw new DaemonError('Stage 1 belongs to a start: call start(), activate() or stage1() itself', { stage: 1 });
  context.detach();
}
