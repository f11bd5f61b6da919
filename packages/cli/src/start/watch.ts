import { type Declaration, processHasEnded, standingOf, WATCH_MS } from '@daemonium/core/registry';

const POLL_MS = 10;
/** How long a process that has released its lock may take to write its last error, in ms. */
const LAST_WORDS_MS = 1_000;

/** Whether a daemon that says itself when it is ready has any need to be watched. */
export function isToBeWatched({ ready, by }: Declaration): boolean {
  return by === 'command' && ready === 'started';
}

/**
 * Watches a daemon that has just been started: its main module has been evaluated, and the first thing that it does may fail.
 * @returns after how many ms it ended; `null`: it goes on
 */
export async function watch({ pidFile }: Declaration, pid: number, began = performance.now()): Promise<number | null> {
  for (;;) {
    const standing = standingOf(pidFile);
    const after = performance.now() - began;
    if (typeof standing === 'string' || standing.daemon?.pid !== pid) {
      await lastWords(pid);
      return Math.round(after);
    }
    if (after >= WATCH_MS) return null;
    await pause();
  }
}

/** Node writes an uncaught error after everything that happens at exit: only when the process is gone is its log complete. */
async function lastWords(pid: number): Promise<void> {
  const deadline = performance.now() + LAST_WORDS_MS;
  while (!processHasEnded(pid) && performance.now() < deadline) await pause();
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
