import type { DaemonState } from '../definition/daemon-state.ts';
import type { DaemonFacts } from '../definition/facts.ts';
import type { FailedStart } from '../definition/start-outcome.ts';
import { DaemonError, StartError } from '../errors.ts';
import { throwUncaught } from '../internal/throw-uncaught.ts';
import { Launch } from './launch.ts';
import { LauncherLock } from './launcher-lock.ts';
import { LauncherSockets } from './launcher-sockets.ts';
import { loadRespawn } from './load-respawn.ts';
import { nodeCommand } from './node-command.ts';
import { spawnDaemon } from './spawn.ts';
import type { StartRecipe } from './spawn-plan.ts';

/**
 * Does the launcher's part of a start, from taking the lock to releasing the daemon.
 * @throws {AlreadyLockedError} before anything is spawned
 * @throws {StartError} the start has failed: no process of it is left, and the lock is as before
 */
export async function launch(
  state: DaemonState,
  request: Pick<StartRecipe, 'plan' | 'logging' | 'call' | 'lingers'>,
  signal?: AbortSignal,
): Promise<void> {
  const { side, facts, lock } = state;
  if (side.role !== 'launcher') throw new DaemonError('A daemon cannot launch itself');
  signal?.throwIfAborted();
  const command = nodeCommand(request.plan.entry);
  const respawn = request.plan.respawn === null ? null : await loadRespawn(request.plan, lock);
  const start = new Launch({
    ...request,
    facts,
    command,
    respawn,
    spawn: spawnDaemon,
    succession: null,
    lock: new LauncherLock(lock),
    sockets: new LauncherSockets(request.plan, lock),
  });
  side.launch = start;
  try {
    side.outcome = await start.run(signal);
  } catch (error) {
    side.outcome = failed(error);
    throw error;
  } finally {
    side.launch = null;
  }
  announce(facts, side.outcome.pid);
}

function failed(failure: unknown): FailedStart {
  const { output = '', error = '' } = failure instanceof StartError ? failure : {};
  return { kind: 'failed', failure, output, error };
}

/** There is no way back any more, so a listener that throws does not fail the start: its error is an uncaught one. */
function announce({ daemon }: DaemonFacts, pid: number): void {
  try {
    daemon.emit('ready', pid);
  } catch (error) {
    throwUncaught(error);
  }
}
