import type { Declaration, LeaseRecord } from '@daemonium/core/registry';
import type { State } from './state.ts';
import type { Usage } from './usage.ts';

/** One daemon in the output of `list --json` and `status --json`. */
export interface Report {
  readonly name: string;
  readonly state: State['name'];
  readonly pid: number | null;
  /** ISO 8601 */
  readonly since: string | null;
  /** How often it was started again since its start. */
  readonly restarts: number | null;
  /** End of the last run; `null` if it is not known. */
  readonly lastExit: State['lastExit'];
  /** ISO 8601; when it is started again, while it waits */
  readonly nextTry: string | null;
  /** Pid of the shell that starts it again. */
  readonly supervisor: number | null;
  /** Of a daemon with a lease: as `status().lease`. */
  readonly lease: (Pick<LeaseRecord, 'key' | 'state' | 'holder' | 'token' | 'since'> & { readonly pid: number | null }) | null;
  /** Percent of one core. */
  readonly cpu: number | null;
  /** Bytes. */
  readonly memory: number | null;
  readonly script: string;
  readonly log: string | null;
  /** The host that starts it at boot; `at login` for a user's own without linger. */
  readonly boot: string | null;
  /** The Node or daemonium of its start, where that is another than now. */
  readonly outdated: string | null;
  readonly user?: string;
}

export function reportOf(declaration: Declaration, state: State, usage: Usage | undefined, boot: string | null): Report {
  return {
    name: declaration.name,
    state: state.name,
    pid: state.pid,
    since: state.since?.toISOString() ?? null,
    restarts: state.restarts,
    lastExit: state.lastExit,
    nextTry: state.nextTry?.toISOString() ?? null,
    supervisor: state.supervisor,
    lease: state.lease === null ? null : leaseOf(state.lease),
    cpu: usage === undefined ? null : Math.round(usage.cpu * 10) / 10,
    memory: usage?.memory ?? null,
    script: declaration.script,
    log: declaration.stdout,
    boot,
    outdated: state.outdated,
  };
}

function leaseOf({ key, state, holder, holderPid: pid, token, since }: LeaseRecord): Report['lease'] {
  return { key, state, holder, pid, token, since };
}
