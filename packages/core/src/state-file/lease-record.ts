import { isPid } from '../lock/record.ts';
import { processStartTicks } from '../posix/process-start.ts';
import { hasProc, processLife } from '../posix/processes.ts';
import { readStateOf, removeStateOf } from './file.ts';

/** A daemon's own record of its lease, in its state file. Do not trust it: a daemon that has been broken into writes anything. */
export interface LeaseRecord {
  /** The process that says so. */
  readonly pid: number;
  /** When that process started, in clock ticks after boot: with the pid it is no other process. */
  readonly startTicks: number | null;
  readonly key: string;
  /** `yielded`: it has stepped down, and the next one on this host waits until {@link until}. */
  readonly state: 'standby' | 'leading' | 'yielded';
  /** Name of the leader; another process's name while this one stands by. */
  readonly holder: string | null;
  readonly holderPid: number | null;
  /** The fencing token of that reign: decimal, as JSON has no numbers of that size. */
  readonly token: string | null;
  /** When that reign began. */
  readonly since: Date | null;
  /** End of the wait after a step-down, by CLOCK_BOOTTIME, in ms. */
  readonly until: number | null;
  /** Something brings this process back when it ends with exit code 75: a shell of `respawn`, or a supervisor. */
  readonly comesBack: boolean;
}

const PREFIX = 'lease ';
const REQUEST = 'step-down ';
const LONGEST_NAME = 512;
/** C0, C1, which some terminals obey as well, and the two that end a line for JavaScript. */
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g;

/** The name of a holder, which another host or program has chosen, for logs and terminals: without control characters, and not endless. */
export function printableName(name: string): string {
  return name.replace(CONTROL, '').slice(0, LONGEST_NAME);
}

/** The line of the record in the state file. */
export function formatLeaseRecord(record: LeaseRecord): string {
  return `${PREFIX}${JSON.stringify(record)}\n`;
}

/** `null`: there is none, or no daemon has written it. */
export function parseLeaseRecord(text: string | null): LeaseRecord | null {
  const line = lastLine(text, PREFIX);
  if (line === null) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? checked(value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/**
 * The lease record of the process `pid`, which is proved to hold the lock of the pid file; `null` if there is none, or if it is another
 * process's record.
 */
export function readLeaseRecord(pidFile: string, pid: number): LeaseRecord | null {
  const record = parseLeaseRecord(readStateOf(pidFile));
  return record?.pid === pid ? record : null;
}

/**
 * The last daemon's record of its reign, as a line for the next daemon's state file; '' without a reign. The next daemon ends that reign by
 * its token, or waits after a step-down.
 */
export function leaseLineOf(pidFile: string): string {
  const record = parseLeaseRecord(readStateOf(pidFile));
  return record === null || record.state === 'standby' ? '' : formatLeaseRecord(record);
}

/** Removes the state file of a daemon that is gone; the caller holds the lock. A record of a reign stays. */
export function giveBackLeaseState(pidFile: string): void {
  if (leaseLineOf(pidFile) === '') removeStateOf(pidFile);
}

/**
 * Whether the process that wrote a record is no more. To hold the lock of the pid file proves nothing of the sort: a daemon that was upgraded
 * has handed the lock on, and may still be at work.
 */
export function isWriterGone({ pid, startTicks }: Pick<LeaseRecord, 'pid' | 'startTicks'>): boolean {
  // A zombie does nothing any more, and the init of a container may leave it for ever.
  if (processLife(pid) === 'ended') return true;
  // Without /proc, or with another user's processes hidden there, nothing is proved.
  const now = hasProc() ? processStartTicks(pid) : null;
  return startTicks !== null && now !== null && now !== startTicks;
}

/** Asks the process of this record to step down. */
export function formatStepDown({ pid, token }: Pick<LeaseRecord, 'pid' | 'token'>): string {
  return `${REQUEST}${pid} ${token}`;
}

/** Whether the state file asks this process to step down, in this very reign. */
export function asksToStepDown(text: string, record: Pick<LeaseRecord, 'pid' | 'token'>): boolean {
  return text.split('\n').includes(formatStepDown(record));
}

function lastLine(text: string | null, prefix: string): string | null {
  const line = text?.split('\n').findLast((each) => each.startsWith(prefix));
  return line === undefined ? null : line.slice(prefix.length);
}

function checked({
  pid,
  startTicks,
  key,
  state,
  holder,
  holderPid,
  token,
  since,
  until,
  comesBack,
}: Record<string, unknown>): LeaseRecord | null {
  const name = nameOf(key);
  if (!isPid(pid) || name === null) return null;
  if (state !== 'standby' && state !== 'leading' && state !== 'yielded') return null;
  return {
    pid,
    startTicks: Number.isSafeInteger(startTicks) ? (startTicks as number) : null,
    key: name,
    state,
    holder: nameOf(holder),
    holderPid: isPid(holderPid) ? holderPid : null,
    token: typeof token === 'string' && /^[0-9]{1,20}$/.test(token) ? token : null,
    since: dateOf(since),
    until: typeof until === 'number' && Number.isFinite(until) && until > 0 ? until : null,
    comesBack: comesBack === true,
  };
}

function nameOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const name = printableName(value);
  return name === '' ? null : name;
}

function dateOf(value: unknown): Date | null {
  const date = typeof value === 'string' ? new Date(value) : null;
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}
