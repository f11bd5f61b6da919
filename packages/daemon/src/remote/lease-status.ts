import { core } from '../internal/core.ts';

/** A daemon's own report of its lease (option `lease`). */
export interface LeaseStatus {
  /** Its name in the cluster. */
  readonly key: string;
  /** `standby`: another process leads, or none yet. */
  readonly state: 'standby' | 'leading';
  /** Name of the leader, as it has named itself; `null`: no leader is known. */
  readonly holder: string | null;
  /** Pid of the leader's process, on its own host. */
  readonly pid: number | null;
  /** The fencing token of that reign, in decimal, as it may be more than JSON has numbers for. */
  readonly token: string | null;
  /** When that reign began, by the clock of its host. */
  readonly since: Date | null;
}

/**
 * The lease as the state file beside a pid file describes it, if the process that wrote the record is proved to hold the lock. The record
 * is information, not proof: the daemon writes it, even one that has been broken into.
 */
export function leaseStatusOf(pidFile: string, pid: number): LeaseStatus | null {
  const record = core().readLeaseRecord(pidFile, pid);
  if (record === null || record.state === 'yielded') return null;
  const { key, state, holder, holderPid, token, since } = record;
  return { key, state, holder, pid: holderPid, token, since };
}

/** The lease in words, to follow "running, pid 12, " or the like. */
export function leaseInWords({ state, holder, pid, token, since }: LeaseStatus): string {
  if (state === 'leading')
    return `leads${since === null ? '' : ` since ${since.toISOString()}`}${token === null ? '' : `, token ${token}`}`;
  return `standing by; ${holder === null ? 'no leader is known' : `${holder} leads${pid === null ? '' : ` (pid ${pid})`}`}`;
}
