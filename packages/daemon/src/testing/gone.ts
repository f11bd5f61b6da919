import { waitUntilFree } from '@daemonium/core';
import { hasProc, processStartTicks, processStillRuns } from '@daemonium/core/start';
import type { Daemon } from '../daemon.ts';

/** How long to wait for the end. */
export interface GoneOptions {
  /**
   * How long to wait, in ms.
   * @default 10_000
   */
  readonly timeout?: number | undefined;
}

/** Between two looks at a process. */
const POLL_MS = 5;

/**
 * Waits until a daemon is really gone: the lock of its pid file is free, and no process has its pid any more, zombies apart. Right after a
 * SIGKILL, both can take a moment.
 * @param daemon the object that started it, or any with the same pid file
 * @throws {Error} `ERR_NOT_GONE`: the time is over; the message names what is left
 */
export async function untilGone(daemon: Pick<Daemon, 'pid' | 'pidFile'>, { timeout = 10_000 }: GoneOptions = {}): Promise<void> {
  const { pid, pidFile } = daemon;
  const since = pid === null || !hasProc() ? null : processStartTicks(pid);
  const end = performance.now() + timeout;
  if (pidFile !== null && !(await waitUntilFree(pidFile.path, { timeout })))
    throw stillThere(`the lock of '${pidFile.path}' is held`, timeout);
  while (pid !== null && since !== null && processStillRuns(pid, since)) {
    if (performance.now() > end) throw stillThere(`process ${pid} lives`, timeout);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function stillThere(what: string, timeout: number): Error {
  return Object.assign(new Error(`The daemon is not gone after ${timeout} ms: ${what}`), { code: 'ERR_NOT_GONE' });
}
