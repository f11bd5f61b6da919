import type { ChildProcess } from 'node:child_process';

/** SIGKILL to the process group of a child that leads one. The caller knows that the number cannot have become another group's. */
export function killGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || pid <= 1) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
