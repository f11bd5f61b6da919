import type { ListenAddress } from '../options/listen.ts';
import type { Plan } from '../options/plan.ts';

/**
 * Whether a daemon can serve `upgrade()`: it has sockets to hand on, or is a program, which may open some by itself. Not with `respawn`,
 * whose shell only waits for its own children; nor with a lease, which belongs to one process.
 */
export function takesRequests({
  listen,
  entry,
  rootDirectory,
  monitor,
  respawn,
  lease,
}: Pick<Plan, 'listen' | 'entry' | 'rootDirectory' | 'monitor' | 'respawn' | 'lease'>): boolean {
  if (respawn !== null || lease !== null) return false;
  // Inside a new root directory, the files that a successor needs cannot be reached.
  return monitor && rootDirectory === null && (listen !== null || entry.kind === 'program');
}

/** The socket beside the pid file, on which the daemon is asked; only its maker's user, and root, can connect. */
export function requestAddress(pidFile: string): Extract<ListenAddress, { path: string }> {
  return { path: requestPath(pidFile), mode: 0o600, name: 'upgrade', backlog: 5 };
}

/** `/run/web.pid`: `/run/web.request` */
export function requestPath(pidFile: string): string {
  return `${pidFile.replace(/\.pid$/, '')}.request`;
}
