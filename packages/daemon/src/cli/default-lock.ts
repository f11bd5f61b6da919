import type { Daemon } from '../daemon.ts';
import type { DaemonState } from '../definition/daemon-state.ts';
import { loadCore } from '../internal/core.ts';
import type { Verb } from './parse.ts';

/** The verbs that take the lock. */
export const STARTING: readonly Verb[] = ['start', 'restart', 'foreground'];

/**
 * Gives a daemon without the option `pidFile` one that every verb finds, from any directory. `pidFile: null` asks for none, and gets none.
 * @throws {OptionError} its name is no file name
 * @throws {PidFileInsecureError} another user has made the directory
 */
export async function giveDefaultLock(daemon: Daemon, { facts, lock }: DaemonState, name: string, verb: Verb): Promise<void> {
  if (facts.given.pidFile !== undefined || lock !== null) return;
  const { PidLockFile, checkDefaultDirectory, defaultPidFilePath, makeDefaultDirectory } = await loadCore();
  const path = defaultPidFilePath(name);
  if (STARTING.includes(verb)) makeDefaultDirectory(path);
  else checkDefaultDirectory(path);
  daemon.pidFile = new PidLockFile(path);
}
