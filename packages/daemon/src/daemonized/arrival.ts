import { arrive } from '@daemonium/core/start';
import { encodeError } from '../wire/error-codec.ts';
import type { StartPayload } from '../wire/report.ts';
import { ControlLine, closePayload } from './control-line.ts';
import { startState } from './start-state.ts';

const arrival = arrive();

/** What the launcher sent; `null` in a process that is no daemon. */
export const startPayload: StartPayload | null = arrival === null ? null : (arrival.payload.start as StartPayload);

/** Which of the launcher's calls this process is for. */
export const ownIndex: number = arrival?.marker.index ?? -1;

/**
 * Whether this process is a daemon, or about to become one: `true` from the first line of the script, as it runs again.
 * Like `isMainThread` of worker_threads, it lets a script skip what only its launcher should do.
 */
export const isDaemonProcess: boolean = arrival !== null;

/** The daemon's own clock runs a little longer, so that it is the launcher that tells the time-out. */
const LAUNCHER_FIRST = 1_000;
/** setTimeout's limit: what is longer fires at once. */
const LONGEST = 2 ** 31 - 1;

if (arrival !== null && startState().line === null) {
  // From the first line on: a SIGUSR1 without a listener opens the inspector to everybody on the machine.
  process.on('SIGUSR1', () => {});
  if (arrival.monitored) connect(arrival.marker.fd, startPayload as StartPayload);
  else closePayload(arrival.marker.fd);
}

function connect(fd: number, { options, wakes }: StartPayload): void {
  const line = new ControlLine(fd, wakes);
  startState().line = line;
  line.send({ type: 'pid', pid: process.pid });
  process.on('uncaughtExceptionMonitor', reportUncaught);
  process.on('exit', reportExit);
  const { startTimeout } = options as { startTimeout: number };
  let timer: NodeJS.Timeout | undefined;
  // As with the line's own: not on the way to READY.
  const arming = setImmediate(() => {
    if (startTimeout > 0) timer = setTimeout(undo, Math.min(startTimeout + LAUNCHER_FIRST, LONGEST)).unref();
  });
  line.onEnd((acknowledged) => {
    clearImmediate(arming);
    clearTimeout(timer);
    process.off('uncaughtExceptionMonitor', reportUncaught);
    process.off('exit', reportExit);
    if (!acknowledged) undo();
  });
}

function reportUncaught(error: unknown): void {
  // A program that catches these goes on.
  if (process.listenerCount('uncaughtException') === 0) reportFailure(error);
}

function reportExit(code: number): void {
  startState().line?.send({ type: 'exit', code });
}

/** Tells the launcher why there will be no daemon. */
export function reportFailure(error: unknown): void {
  const { line, own } = startState();
  line?.send({ type: 'error', error: encodeError(error), stage: own?.stage ?? null });
}

/** The launcher is gone and has not said that the start worked, or says that it did not: then nothing of it stays. */
function undo(): never {
  const { own, line } = startState();
  try {
    if (line?.isLaunchers !== true) own?.lock()?.[Symbol.dispose]();
  } catch {
    // The kernel frees the lock in any case.
  }
  // The group is this start's alone: shell, daemon, and what its stages have started.
  process.once('exit', () => process.kill(0, 'SIGKILL'));
  process.exit(1);
}
