import { core } from '../internal/core.ts';

/** What a daemon with the option `lease` says of it. */
export interface LeaseStatus {
  /** Its name in the cluster. */
  readonly key: string;
  /** `standby`: another leads, or nobody yet. */
  readonly state: 'standby' | 'leading';
  /** Who leads, by the name that it has given itself; `null`: nobody is known to. */
  readonly holder: string | null;
  /** The leader's process, on its own host. */
  readonly pid: number | null;
  /** The fencing token of that reign, in decimal, as it may be more than JSON has numbers for. */
  readonly token: string | null;
  /** When that reign began, by the clock of its host. */
  readonly since: Date | null;
}

/**
 * What the state file beside a pid file says, in the words of the process that is proved to hold the lock. It is information, and no proof: the
 * daemon writes it, whatever has become of it.
 */
export function leaseStatusOf(pidFile: string, pid: number): LeaseStatus | null {
  const record = core().readLeaseRecord(pidFile, pid);
  if (record === null || record.state === 'yielded') return null;
  const { key, state, holder, holderPid, token, since } = record;
  return { key, state, holder, pid: holderPid, token, since };
}

/** In words, to go after "running, pid 12, " or the like. */
export function leaseInWords({ state, holder, pid, token, since }: LeaseStatus): string {
  if (state === 'leading')
    return `leads${since === null ? '' : ` since ${since.toISOString()}`}${token === null ? '' : `, token ${token}`}`;
  return `standing by; ${holder === null ? 'nobody is known to lead' : `${holder} leads${pid === null ? '' : ` (pid ${pid})`}`}`;
}
