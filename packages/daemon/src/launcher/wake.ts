import type { ChildProcess } from 'node:child_process';
import { hasProc, processState } from '@daemonium/core/start';
import type { SignalTable } from '../options/signals.ts';
import { WAKE } from '../wire/report.ts';

/** A killed shell is dead within microseconds of getting a processor; the event loop would tell a good deal later. In ns. */
const DYING = 5_000_000n;
/** Between two looks, in ms: the processor it gets may be this one. */
const LOOK = 0.05;

/** Whether the daemon can be told by a signal that it has been acknowledged: the program must have no use of its own for it. */
export function canWake(signals: SignalTable): boolean {
  return hasProc() && process.listenerCount(WAKE) === 0 && !signals.some(([signal]) => signal === WAKE);
}

/** Whether a child that has been killed is dead already. Then its children are init's, and its own number is nobody else's until it is reaped. */
export function diesAtOnce(child: ChildProcess): boolean {
  // While it dies: the first socket that is destroyed makes this stream, which would take half of the time between the ack and start()'s end.
  void process.stderr;
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  // Loading node:perf_hooks, which `performance` is, would keep the daemon waiting for another millisecond.
  const latest = process.hrtime.bigint() + DYING;
  while (!isDefunct(child.pid as number)) {
    if (process.hrtime.bigint() > latest) return false;
    Atomics.wait(nothing, 0, 0, LOOK);
  }
  return true;
}

/** With no descriptor left nobody can tell. */
function isDefunct(pid: number): boolean {
  try {
    return processState(pid) === 'Z';
  } catch {
    return false;
  }
}

/** Wakes the process group that a child leads, or led: not yet reaped, it keeps the number. */
export function wake({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || pid <= 1 || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, WAKE);
  } catch {
    // The daemon listens by itself a little later.
  }
}
