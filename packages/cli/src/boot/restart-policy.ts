import { type Declaration, RESPAWN_DEFAULTS } from '@daemonium/core/registry';

/** `respawn` of a declaration, as a supervisor needs it. Times in ms. */
export interface RestartPolicy {
  readonly on: 'failure' | 'always';
  readonly delay: number;
  readonly limit: number | null;
  /** A run that is ready for so long starts the count for `limit` anew. */
  readonly healthyAfter: number;
  /** Exit codes after which it is left down. */
  readonly never: readonly number[];
}

const DEFAULTS: RestartPolicy = { ...RESPAWN_DEFAULTS, limit: null };

/**
 * Tells the host when to restart the daemon. It runs in the foreground there, so the host restarts it.
 * @returns `null`: the daemon stays down. A daemon with a lease comes back to stand by (exit code 75), with or without `respawn`.
 */
export function restartPolicy({ respawn, lease }: Declaration): RestartPolicy | null {
  if (typeof respawn === 'object' && respawn !== null) return { ...DEFAULTS, ...respawn };
  return respawn === true || lease !== null ? DEFAULTS : null;
}
