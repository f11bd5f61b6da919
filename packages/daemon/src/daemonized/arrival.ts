import { closeSync } from 'node:fs';
import { arrive, arrivedLock, processPlace } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import { LONGEST_TIMER } from '../internal/longest-timer.ts';
import { processState } from '../internal/process-state.ts';
import type { Plan } from '../options/plan.ts';
import type { StartPayload } from '../protocol/start-payload.ts';
import { LauncherChannel } from './launcher-channel.ts';
import { SupervisedRun } from './supervised-run.ts';

/** The start that made this process the daemon, as the launcher sent it. */
export interface Arrival extends StartPayload<Plan> {
  /** Which of the launcher's calls this process exists for. */
  readonly index: number;
}

let run: SupervisedRun | null = null;

/** `null` in a process that no launcher started. */
export const arrival: Arrival | null = takeArrival();

/**
 * Whether this process is a daemon, or about to become one: `true` from the first line of the script, as it runs again.
 * Like `isMainThread` of worker_threads, it lets a script skip what only its launcher should do.
 */
export const isDaemonProcess: boolean = arrival !== null;

/** With `respawn`: this process as its shell's child. */
export function supervisedRun(): SupervisedRun | null {
  return run;
}

/** The daemon's own clock runs a little longer, so that it is the launcher that tells the time-out. In ms. */
const LAUNCHER_FIRST_MS = 1_000;

function takeArrival(): Arrival | null {
  const arrived = arrive();
  if (arrived === null) return null;
  const { marker, monitored, payload } = arrived;
  const start = { ...(payload.start as StartPayload<Plan>), index: marker.index };
  // Another copy of this package may have done it.
  if (processState().channel !== null) return start;
  // From the first line on: without a listener, SIGUSR1 opens the inspector to every user of the machine.
  process.on('SIGUSR1', () => {});
  if (monitored) connect(marker.fd, start);
  // The payload's file, in which nothing more is to be read.
  else closeSync(marker.fd);
  if (start.supervised !== null) run = new SupervisedRun(start, monitored);
  return start;
}

function connect(fd: number, { options: { startTimeout }, wakes, lingers }: Arrival): void {
  const channel = new LauncherChannel(fd, { wakes, lingers, isNamed });
  processState().channel = channel;
  channel.send({ type: 'pid', pid: process.pid });
  process.on('uncaughtExceptionMonitor', reportUncaught);
  process.on('exit', reportExit);
  let timer: NodeJS.Timeout | undefined;
  // Set after READY has been sent, so that the start does not wait for it. The channel's own timer does the same.
  const arming = setImmediate(() => {
    if (startTimeout > 0) timer = setTimeout(() => isNamed() || undo(), Math.min(startTimeout + LAUNCHER_FIRST_MS, LONGEST_TIMER)).unref();
  });
  const disarm = () => {
    clearImmediate(arming);
    clearTimeout(timer);
  };
  void channel.answered().then(disarm);
  channel.onEnd(() => {
    disarm();
    if (channel.isLost) return undo();
    endShellOfStart();
    if (lingers) return;
    process.off('uncaughtExceptionMonitor', reportUncaught);
    process.off('exit', reportExit);
  });
}

/** Whether the pid file names this process, or its shell, in the place of the predecessor: from that write on this is the daemon. */
function isNamed(): boolean {
  const lock = arrivedLock();
  if (lock?.late !== true) return false;
  try {
    return core().namesHolder(lock, run?.shell ?? process.pid);
  } catch {
    // In an application bundled into one file: core is not loaded yet, so this process has no lock either.
    return false;
  }
}

/** The shell between a predecessor and this process, which only waits: the predecessor was killed before it had ended it. */
function endShellOfStart(): void {
  if (run !== null || arrivedLock()?.late !== true) return;
  try {
    // It leads the group of this process, so its number is no other process's, whether it lives or not.
    if (process.ppid > 1 && processPlace(process.pid)?.group === process.ppid) process.kill(process.ppid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function reportUncaught(error: unknown): void {
  // A program that catches these goes on.
  if (process.listenerCount('uncaughtException') === 0) reportFailure(error);
}

function reportExit(code: number): void {
  processState().channel?.send({ type: 'exit', code });
}

/** Tells the launcher why there will be no daemon. */
export function reportFailure(error: unknown): void {
  const { channel, service } = processState();
  channel?.reportFailure(error, service?.stages.current ?? null);
}

/** The launcher is gone and has not said that the start worked, or says that it did not: then nothing of it stays. */
function undo(): never {
  const { service, channel } = processState();
  try {
    // The file of a successor is its predecessor's, whose shell goes on with it.
    const isOfShell = run !== null && arrivedLock()?.late === true;
    if (channel?.launcherOwnsFiles !== true && !isOfShell) service?.lock?.[Symbol.dispose]();
  } catch {
    // The kernel frees the lock in any case.
  }
  // The group contains only processes of this start: the shell, the daemon, and children of its stages.
  process.once('exit', () => process.kill(0, 'SIGKILL'));
  process.exit(1);
}
