import type { ChildProcess } from 'node:child_process';
import { AFTER_SIGKILL_MS } from '../internal/after-sigkill.ts';
import { core } from '../internal/core.ts';
import { WAKE } from '../protocol/messages.ts';

const POLL_MS = 2;

/** SIGKILL to the process group of a child that leads one. The caller knows that the number cannot have become another group's. */
export function killGroup(child: ChildProcess): void {
  if (!signalGroup(child, 'SIGKILL')) child.kill('SIGKILL');
}

/**
 * Sends SIGKILL to the processes that a reaped leader has left in its group, and waits until they are gone, zombies apart. While there are such
 * processes, the kernel gives the number to no other process: if a process has this number, none were left.
 */
export async function killRestOfGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || pid <= 1 || isProcess(pid) || !signalGroup(child, 'SIGKILL')) return;
  for (const end = performance.now() + AFTER_SIGKILL_MS; core().groupIsAlive(pid) && performance.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
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
