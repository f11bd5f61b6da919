import {
  type Declaration,
  type Holder,
  type HolderReason,
  type LeaseRecord,
  type Places,
  type ProcessEnd,
  type RespawnRecord,
  readLeaseRecord,
  readRespawnRecord,
  readStarted,
  standingOf,
  wasBeforeThisBoot,
} from '@daemonium/core/registry';
import { STATUS } from '../errors/exit-codes.ts';

/**
 * `standby`: the daemon runs, and another process leads. `waiting`: it has crashed, and is about to be started again. `crashed`: it was
 * started, has ended, and was not stopped by this command.
 */
export type StateName = 'running' | 'standby' | 'waiting' | 'stopped' | 'crashed' | 'unknown';

/** The state of one daemon, seen from outside: the truth is the lock. */
export interface State {
  readonly name: StateName;
  /** The state in words, with details. */
  readonly text: string;
  readonly pid: number | null;
  readonly since: Date | null;
  /** The version of Node or daemonium that started the daemon, if a start now would use another; else `null`. */
  readonly outdated: string | null;
  /** Number of restarts; `null`: not counted. */
  readonly restarts: number | null;
  /** How its last run ended; `null`: none has ended, or its end was not seen. */
  readonly lastExit: ProcessEnd | null;
  /** When it is started again; `null` unless it waits. */
  readonly nextTry: Date | null;
  /** Pid of the shell that starts it again; `null`: none does. */
  readonly supervisor: number | null;
  /** The daemon's own record of its lease; `null` without one. */
  readonly lease: LeaseRecord | null;
  /** Exit code of `status`. */
  readonly exitCode: number;
}

const NO_PROCESS = {
  pid: null,
  since: null,
  outdated: null,
  restarts: null,
  lastExit: null,
  nextTry: null,
  supervisor: null,
  lease: null,
} as const;

/** The state as the rest of a sentence that begins with the daemon's name. */
export function asPredicate({ name, text, nextTry, lastExit }: Pick<State, 'name' | 'text' | 'nextTry' | 'lastExit'>): string {
  if (name === 'waiting') return `is waiting${nextTry === null ? '' : `, next try in ${secondsTo(nextTry)} s`}${afterExit(lastExit)}`;
  return `${name === 'crashed' ? 'has' : 'is'} ${text}`;
}

/** Whether there is a process: the daemon, or the shell that is about to start it again. */
export function isUp({ name }: State): boolean {
  return name === 'running' || name === 'standby' || name === 'waiting';
}

/** Exit code of a verb that is about the process itself: a daemon that waits to be started again counts as running, and has none. */
export function codeWithoutPid({ exitCode }: State): number {
  return exitCode === STATUS.running ? STATUS.stopped : exitCode;
}

export function stateOf(places: Places, declaration: Declaration, version: string): State {
  const standing = standingOf(declaration.pidFile);
  if (typeof standing !== 'string') {
    const { shell, daemon } = standing;
    const record = shell === null ? null : readRespawnRecord(declaration.pidFile);
    const now = daemon === null ? waiting(record) : { ...running(places, declaration, daemon, version), ...counted(record) };
    return { ...now, supervisor: shell?.pid ?? null };
  }
  if (standing === 'missing' || standing === 'empty' || standing === 'unlocked') return notRunning(places, declaration, standing);
  return { name: 'unknown', text: `unknown: ${WHY[standing]}`, ...NO_PROCESS, exitCode: STATUS.unknown };
}

function waiting(record: RespawnRecord | null): State {
  const { nextTry = null } = record ?? {};
  const now = counted(record);
  const text = `waiting${nextTry === null ? '' : ` ${secondsTo(nextTry)} s`}${afterExit(now.lastExit)}`;
  return { ...NO_PROCESS, ...now, name: 'waiting', text, nextTry, exitCode: STATUS.running };
}

function secondsTo(time: Date): number {
  return Math.max(0, Math.ceil((time.getTime() - Date.now()) / 1000));
}

function afterExit(exit: ProcessEnd | null): string {
  return exit === null ? '' : `, ${exit.signal ?? `exit ${exit.code}`}`;
}

function inParentheses(exit: ProcessEnd | null): string {
  return exit === null ? '' : ` (${exit.signal ?? exit.code})`;
}

function counted(record: RespawnRecord | null): Pick<State, 'restarts' | 'lastExit'> {
  return { restarts: record?.restarts ?? 0, lastExit: record?.lastExit ?? null };
}

const WHY: Readonly<Record<'insecure' | 'unproved' | 'unreadable', string>> = {
  insecure: 'others could have written its pid file',
  unproved: 'the lock is held, and no process is proved to hold it',
  unreadable: 'this user may not look at its pid file',
};

function running(
  places: Places,
  { name: declared, pidFile }: Declaration,
  { pid, since }: Holder,
  version: string,
): Omit<State, 'restarts' | 'lastExit'> {
  const started = readStarted(places, declared);
  const then = started === null ? [] : [differs('Node', started.node, process.version), differs('daemonium', started.daemonium, version)];
  const outdated = then.filter((text) => text !== null).join(', ') || null;
  const lease = readLeaseRecord(pidFile, pid);
  const isStandby = lease?.state === 'standby';
  const more = [...(isStandby && lease.holder !== null ? [`${lease.holder} leads`] : []), ...(outdated === null ? [] : [outdated])];
  const name = isStandby ? 'standby' : 'running';
  const text = more.length === 0 ? name : `${name} (${more.join(', ')})`;
  return { ...NO_PROCESS, name, text, pid, since, outdated, lease, exitCode: STATUS.running };
}

function differs(what: string, then: string, now: string): string | null {
  return then === now || then === '' ? null : `${what} ${then.replace(/^v/, '')}`;
}

function notRunning(places: Places, { name, pidFile }: Declaration, holder: HolderReason): State {
  const exitCode = holder === 'unlocked' ? STATUS.dead : STATUS.stopped;
  const started = readStarted(places, name);
  if (started === null) return { name: 'stopped', text: 'stopped', ...NO_PROCESS, exitCode };
  if (wasBeforeThisBoot(started)) return { name: 'stopped', text: 'stopped, not at boot', ...NO_PROCESS, exitCode };
  const { lastExit = null, restarts = null } = readRespawnRecord(pidFile) ?? {};
  return {
    ...NO_PROCESS,
    name: 'crashed',
    text: `crashed${inParentheses(lastExit)}`,
    restarts,
    lastExit,
    exitCode,
  };
}
