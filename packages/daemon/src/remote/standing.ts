import type { Holder, HolderReason, PidLockFile } from '@daemonium/core';
import { processArguments } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import { isDead } from './started-here.ts';

/** Who stands behind a pid file, proved: a daemon alone, or the shell that starts it again, with the daemon unless it waits. */
export interface Standing {
  readonly shell: Holder | null;
  readonly daemon: Holder | null;
}

/** {@link Standing}, or why nobody is proved to. */
export function standingOf(lock: PidLockFile): Standing | HolderReason {
  const { path } = lock;
  const named = core().proveHolder(path);
  if (named === 'unproved') return orphanOf(lock) ?? named;
  if (typeof named === 'string') return named;
  return isShell(named.pid) ? { shell: named, daemon: daemonOf(path, named) } : { shell: null, daemon: named };
}

/** The daemon is the shell's child that holds the lock: a pause holds none. */
function daemonOf(path: string, { pid }: Holder): Holder | null {
  return onlyHolder(path, core().childProcesses(pid));
}

/** The shell was killed and its daemon was not: that is in the session of the shell, whose number is nobody else's as long as it lives. */
function orphanOf(lock: PidLockFile): Standing | null {
  const shell = lock.readPid();
  if (shell === null || !isDead(shell)) return null;
  const daemon = onlyHolder(lock.path, core().processesOfSession(shell));
  return daemon === null ? null : { shell: null, daemon };
}

function onlyHolder(path: string, pids: readonly number[]): Holder | null {
  const [holder, ...others] = pids.map((pid) => core().proveHolder(path, { pid })).filter((proved) => typeof proved !== 'string');
  return others.length === 0 ? (holder ?? null) : null;
}

/** The process is proved to be the one that root or this user has made the file name. */
function isShell(pid: number): boolean {
  return processArguments(pid)[1]?.endsWith('/respawn.sh') === true;
}
