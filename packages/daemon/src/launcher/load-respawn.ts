import type { PidLockFile } from '@daemonium/core';
import { OptionError } from '@daemonium/core/start';
import type { Plan } from '../options/plan.ts';
import { bootstrapPath } from './bootstrap-path.ts';
import type { MakeRespawnSpawn } from './respawn.ts';
import { hasShell } from './shell.ts';

/** The code for a successor's shell, read before the files may be another version's. */
export async function preloadRespawn(): Promise<void> {
  await import('./respawn.ts');
}

/**
 * Loads the code that only a start with `respawn` needs.
 * @param succeeds a running daemon starts its successor
 * @throws {OptionError} `ERR_OPTION_VALUE`
 * @throws {DaemonError} `ERR_BUNDLED`: respawn.sh is not there; `ERR_STATE_FILE`
 */
export async function loadRespawn(plan: Plan, lock: PidLockFile | null, succeeds = false): Promise<MakeRespawnSpawn | null> {
  if (plan.respawn === null || lock === null) return null;
  if (!hasShell()) throw new OptionError('respawn', 'false: there is no /bin/sh that may be executed', true, 'ERR_OPTION_VALUE');
  const { prepareRespawn } = await import('./respawn.ts');
  return prepareRespawn(plan, lock, bootstrapPath('respawn.sh'), succeeds);
}
