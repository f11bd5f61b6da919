import type { ChildProcess } from 'node:child_process';
import { WAKE } from '../protocol/messages.ts';

/** SIGKILL to the process group of a child that leads one. The caller knows that the number cannot have become another group's. */
export function killGroup(child: ChildProcess): void {
  if (!signalGroup(child, 'SIGKILL')) child.kill('SIGKILL');
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
