import type { ListenAddress } from '../options/listen.ts';
import type { Plan } from '../options/plan.ts';

/** The options that decide whether a daemon can be asked for its `upgrade()`. */
type Upgradable = Pick<Plan, 'listen' | 'entry' | 'rootDirectory' | 'monitor'>;

/** Why a daemon cannot start a successor, by the option that stands in the way, and as a clause. */
export const NOT_UPGRADABLE = {
  rootDirectory: 'it was started with rootDirectory, from where Node.js and the script of a successor are out of reach. Use restart',
  listen: 'it was started without the option listen, of which an empty array will do. Use restart',
  pidFile: 'it was started without a pid file, so it has no lock to hand on. Give it the option pidFile',
} as const;

/** Which option stands in the way of a successor; `null`: none does. A program may open sockets by itself. */
export function hindranceOf({ listen, entry, rootDirectory, monitor }: Upgradable): keyof typeof NOT_UPGRADABLE | null {
  if (rootDirectory !== null) return 'rootDirectory';
  return monitor && (listen !== null || entry.kind === 'program') ? null : 'listen';
}

export function takesRequests(plan: Upgradable): boolean {
  return hindranceOf(plan) === null;
}

/** The socket beside the pid file, on which the daemon is asked; only its maker's user, and root, can connect. */
export function requestAddress(pidFile: string): Extract<ListenAddress, { path: string }> {
  return { path: requestPath(pidFile), mode: 0o600, name: 'upgrade', backlog: 5 };
}

/** `/run/web.pid`: `/run/web.request` */
export function requestPath(pidFile: string): string {
  return `${pidFile.replace(/\.pid$/, '')}.request`;
}
