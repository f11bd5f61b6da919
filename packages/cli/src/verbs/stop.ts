import type { Declaration, Places } from '@daemonium/core/registry';
import { asStopped } from '../daemons/as-stopped.ts';
import { find } from '../daemons/find.ts';
import { messageOf } from '../errors/command-error.ts';
import { DONE, FAILED, worst } from '../errors/exit-codes.ts';
import { holderOf } from '../start/daemon-of.ts';
import { complain, say } from '../terminal/output.ts';
import { whileSpinning } from '../terminal/spinner.ts';
import { oneByOne } from './act-on.ts';

export interface StopOptions {
  /** Time-out in ms. Default: the daemon's `stopTimeout`. */
  readonly timeout?: number;
}

export async function stop(places: Places, names: readonly string[], options: StopOptions): Promise<number> {
  const { declarations, faults } = find(places, names);
  const what = declarations.length === 1 ? (declarations[0]?.name ?? '') : `${declarations.length} daemons`;
  const told = await whileSpinning(`stopping ${what}`, () =>
    Promise.allSettled(declarations.map((declaration) => stopDaemon(places, declaration, options))),
  );
  // Printed only now: until here the spinner has the line.
  const codes = await oneByOne(declarations, async (declaration) => {
    const result = told[declarations.indexOf(declaration)];
    if (result?.status === 'rejected') throw result.reason;
    if (result !== undefined) say(result.value);
    return DONE;
  });
  for (const fault of faults) complain(messageOf(fault));
  return worst([...codes, ...faults.map(() => FAILED)]);
}

/**
 * Stops a running daemon. A daemon that does not run needs nothing, and counts as stopped from now on.
 * @returns a message for the user
 */
export function stopDaemon(places: Places, declaration: Declaration, options: StopOptions): Promise<string> {
  return asStopped(places, declaration, () => stopped(declaration, options));
}

async function stopped(declaration: Declaration, options: StopOptions): Promise<string> {
  const { name, pidFile } = declaration;
  const daemon = await holderOf(declaration);
  try {
    const { pid, forced } = await daemon.stop(options);
    return `${name} stopped, pid ${pid}${forced ? '; it had to be killed' : ''}`;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_NOT_RUNNING') throw error;
    await removeLeft(pidFile);
    return `${name} is not running`;
  }
}

/** Removes what a daemon that was killed has left. A start that has the lock by now renews it. */
async function removeLeft(pidFile: string): Promise<void> {
  const { NotMyLockError, removePidFile } = await import('@daemonium/core');
  try {
    removePidFile(pidFile);
  } catch (error) {
    if (!(error instanceof NotMyLockError)) throw error;
  }
}
