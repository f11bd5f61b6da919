import { arrivedLock, HIGHEST_MARKED } from '@daemonium/core/start';
import type { LauncherSide } from '../definition/daemon-state.ts';
import { DaemonError } from '../errors.ts';
import { core, loadCore } from '../internal/core.ts';
import type { Arrived, Service } from '../service/service.ts';
import { allSockets } from '../sockets/service-sockets.ts';
import { openStreams, openStreamsHere } from './opened-streams.ts';

/**
 * Stage 1: detach. In the launcher it spawns the daemon, in a session of its own and through a shell that leads it. In the daemon it takes
 * over the files that crossed: the lock gets its object, and the files of the standard streams are opened while the daemon has the
 * launcher's rights and paths. In the foreground it only opens the files.
 * @see https://man7.org/linux/man-pages/man7/daemon.7.html
 */
export async function stage1Detach(side: LauncherSide | Service): Promise<void> {
  if (side.role === 'launcher') return detach(side);
  // While its socket can be reached: with other rights or another root directory its path may not be there any more.
  await side.manager?.connect();
  side.opened = side.arrival === null ? await openStreamsHere(side.plan) : await takeOver(side, side.arrival);
}

function detach({ launch }: LauncherSide): void {
  if (launch === null) throw new DaemonError('Stage 1 belongs to a start: call start(), activate() or stage1() itself', { stage: 1 });
  launch.detach();
}

async function takeOver({ lock, plan, sockets }: Service, { streams }: Arrived) {
  const handed = arrivedLock();
  // The script's own acquire() may have adopted it already.
  if (lock !== null && handed !== null && !lock.isLocked()) core().adoptLock(lock, handed);
  const passed = allSockets(sockets).map(({ fd }) => fd);
  for (const fd of [...plan.inherit, ...passed]) if (fd > HIGHEST_MARKED) (await loadCore()).setCloseOnExec(fd);
  return openStreams(plan, streams);
}
