import { type Holder, type HolderReason, proveHolder } from '@daemonium/core';
import { type Declaration, type Places, readStarted, wasBeforeThisBoot } from '@daemonium/core/registry';
import { STATUS } from '../errors/exit-codes.ts';

/** `crashed`: it was started, has ended, and nobody has stopped it by this command. */
export type StateName = 'running' | 'stopped' | 'crashed' | 'unknown';

/** The state of one daemon, seen from outside: the truth is the lock. */
export interface State {
  readonly name: StateName;
  /** The same in words, with what is to be added. */
  readonly text: string;
  readonly pid: number | null;
  readonly since: Date | null;
  /** The Node or daemonium of its start, where that is not what would be used now. */
  readonly outdated: string | null;
  /** Of `status`. */
  readonly exitCode: number;
}

const NOBODY = { pid: null, since: null, outdated: null } as const;

export function stateOf(places: Places, declaration: Declaration, version: string): State {
  const holder = proveHolder(declaration.pidFile);
  if (typeof holder !== 'string') return running(places, declaration, holder, version);
  if (holder === 'missing' || holder === 'empty' || holder === 'unlocked') return notRunning(places, declaration, holder);
  return { name: 'unknown', text: `unknown: ${WHY[holder]}`, ...NOBODY, exitCode: STATUS.unknown };
}

const WHY: Readonly<Record<'insecure' | 'unproved' | 'unreadable', string>> = {
  insecure: 'others could have written its pid file',
  unproved: 'the lock is held, and nobody is proved to hold it',
  unreadable: 'this user may not look at its pid file',
};

function running(places: Places, { name }: Declaration, { pid, since }: Holder, version: string): State {
  const started = readStarted(places, name);
  const then = started === null ? [] : [differs('Node', started.node, process.version), differs('daemonium', started.daemonium, version)];
  const outdated = then.filter((text) => text !== null).join(', ') || null;
  const text = outdated === null ? 'running' : `running (${outdated})`;
  return { name: 'running', text, pid, since, outdated, exitCode: STATUS.running };
}

function differs(what: string, then: string, now: string): string | null {
  return then === now || then === '' ? null : `${what} ${then.replace(/^v/, '')}`;
}

function notRunning(places: Places, { name }: Declaration, holder: HolderReason): State {
  const exitCode = holder === 'unlocked' ? STATUS.dead : STATUS.stopped;
  const started = readStarted(places, name);
  if (started === null) return { name: 'stopped', text: 'stopped', ...NOBODY, exitCode };
  if (wasBeforeThisBoot(started)) return { name: 'stopped', text: 'stopped, not at boot', ...NOBODY, exitCode };
  return { name: 'crashed', text: 'crashed', ...NOBODY, exitCode };
}
