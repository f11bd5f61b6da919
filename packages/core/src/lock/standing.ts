import { statSync } from 'node:fs';
import { processUids } from '../posix/process-owner.ts';
import { processArguments } from '../posix/process-tree.ts';
import { childProcesses, LONGEST_EXIT_MS, processesOfSession, processIsAlive, processIsEnding } from '../posix/processes.ts';
import { type Holder, type HolderReason, proveHolder } from './holder.ts';
import { pauseSync } from './pause.ts';
import { parseNamed, readPid } from './record.ts';

/** The proved processes behind a pid file: a daemon alone, or the shell that starts the daemon again. `daemon` is `null` while the shell waits. */
export interface Standing {
  readonly shell: Holder | null;
  readonly daemon: Holder | null;
}

/** The {@link Standing} of a pid file, or the reason why no process is proved. */
export function standingOf(path: string): Standing | HolderReason {
  for (const end = process.uptime() + LONGEST_EXIT_MS / 1000; ; pauseSync(1)) {
    const named = proveHolder(path);
    if (named === 'unproved') return orphanOf(path) ?? named;
    if (typeof named === 'string') return named;
    const isLast = process.uptime() > end;
    if (isShell(named.pid)) {
      const daemon = onlyHolder(path, childProcesses(named.pid));
      // Without a daemon the shell waits, or a successor's shell has been named since, and this one's daemon has ended.
      if (daemon !== null || readPid(path) === named.pid || isLast) return { shell: named, daemon };
    }
    // A process that ends loses its arguments before its files: this may have been a shell.
    else if (!processIsEnding(named.pid) || isLast) return { shell: null, daemon: named };
  }
}

/**
 * The daemon of a shell that was killed. The daemon is still in the shell's session, so the kernel gives the shell's number to no other
 * process.
 */
function orphanOf(path: string): Standing | null {
  const shell = readPid(path, parseNamed);
  if (shell === null || processIsAlive(shell)) return null;
  const daemon = onlyHolder(path, processesOfSession(shell));
  return daemon === null ? null : { shell: null, daemon };
}

/** Place of the effective uid among the uids of a process. */
const EFFECTIVE = 1;

/**
 * A pause does not hold the lock, so of the shell's children the daemon alone does. A child that is just being forked still has the lock, and the
 * shell's arguments and user: a daemon that has given up root may have such arguments, too, and cannot hide by them.
 */
function onlyHolder(path: string, pids: readonly number[]): Holder | null {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  const programs = pids.filter((pid) => !isShell(pid) || processUids(pid)?.[EFFECTIVE] !== owner);
  const [holder, ...others] = programs.map((pid) => proveHolder(path, { pid })).filter((proved) => typeof proved !== 'string');
  return others.length === 0 ? (holder ?? null) : null;
}

/** Asked of a process that is proved to be the one which root or this user has made the file name. */
function isShell(pid: number): boolean {
  return processArguments(pid)[1]?.endsWith('/respawn.sh') === true;
}
