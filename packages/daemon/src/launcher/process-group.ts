import type { ChildProcess } from 'node:child_process';
import { WAKE } from '../protocol/messages.ts';

/** SIGKILL to the process group of a child that leads one. The caller knows that the number cannot have become another group's. */
export function killGroup(child: ChildProcess): void {
  if (!signalGroup(child, 'SIGKILL')) child.kill('SIGKILL');
}

/**
 * Sends SIGKILL to the processes that a reaped leader has left in its group. While there are such processes, the kernel gives the number to
 * no other process: if a process has this number, none were left.
 */
export function killRestOfGroup(child: ChildProcess): void {
  if (child.pid !== undefined && child.pid > 1 && !isProcess(child.pid)) signalGroup(child, 'SIGKILL');
}

/** Wakes the process group that a child leads. The caller knows that it is not reaped yet. */
export function wakeGroup(child: ChildProcess): void {
  // Unheard, the daemon listens by itself a little later.
  signalGroup(child, WAKE);
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined || pid <= 1) return true;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
