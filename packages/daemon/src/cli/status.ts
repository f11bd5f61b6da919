import { STATUS_EXIT } from '@daemonium/core/start';
import type { DaemonState } from '../definition/daemon-state.ts';
import { core } from '../internal/core.ts';
import { leaseInWords } from '../remote/lease-status.ts';
import { otherUsersDaemon } from '../remote/other-user.ts';
import type { DaemonStatus } from '../remote/status.ts';
import type { CommandContext } from './command-context.ts';
import { NO_PID_FILE } from './failure.ts';
import { say } from './output.ts';

export function status({ daemon, state, name, json }: CommandContext): number {
  const now = daemon.status();
  const [code, text] = answerOf(now, state);
  say(json ? JSON.stringify(now) : `${name} ${text}`);
  return code;
}

function answerOf(now: DaemonStatus, state: DaemonState): readonly [code: number, text: string] {
  if (now.state === 'waiting') return [STATUS_EXIT.running, `is ${waitingText(now)}`];
  return now.pid === null ? withoutPid(state) : [STATUS_EXIT.running, inWords(now)];
}

function inWords({ pid, since, lease }: DaemonStatus): string {
  const ofLease = lease === null ? '' : `, ${leaseInWords(lease)}`;
  return `is running, pid ${pid}, since ${since?.toISOString()}${ofLease}`;
}

/** Text for a daemon in a pause of `respawn`. */
export function waitingText({ nextTry }: DaemonStatus): string {
  const left = nextTry === null ? null : Math.max(0, Math.ceil((nextTry.getTime() - Date.now()) / 1000));
  return `waiting${left === null ? '' : `, next try in ${left} s`}`;
}

function withoutPid({ lock }: DaemonState): readonly [code: number, text: string] {
  if (lock === null) return [STATUS_EXIT.unknown, `is not known to run: ${NO_PID_FILE}`];
  const { path } = lock;
  const holder = core().proveHolder(path);
  if (typeof holder !== 'string') return [STATUS_EXIT.running, `is running, pid ${holder.pid}, since ${holder.since.toISOString()}`];
  if (holder === 'missing' || holder === 'empty') return [STATUS_EXIT.stopped, 'is not running'];
  if (holder === 'unlocked') return [STATUS_EXIT.dead, `is dead, and has left its pid file '${path}'`];
  if (holder === 'unreadable') return [STATUS_EXIT.unknown, `is not known: this user may not look at the pid file '${path}'`];
  const other = otherUsersDaemon(lock);
  if (other !== null) return [STATUS_EXIT.unknown, other];
  return [STATUS_EXIT.unknown, `is not known: no process is proved to hold the lock of '${path}' (${holder})`];
}
