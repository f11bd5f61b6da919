import type { Context } from '../context.ts';
import { endProcess } from './end.ts';
import { logFatal, logInfo } from './log.ts';
import { isShutdownAbort } from './shutdown.ts';

/** setInterval's limit: 24 days between two wake-ups that do nothing. */
const SELDOM = 2 ** 31 - 1;

/** An event loop that had no more to wait for than this was kept by nothing of the program's; closing what is open takes it some turns. */
const AT_ONCE_MS = 20;

export interface RunHooks {
  /** Told when `run()` throws or rejects, while the launcher still listens. */
  failed(error: unknown): void;
}

/**
 * Runs the daemon's work, and sees the process through to its end: 0 when the work is done and the event loop empty, 1 when it threw. As a
 * thread lives until its function returns, the process lives until `run()` has settled, whether or not anything else keeps it.
 */
export async function runToEnd(context: Context, work: () => unknown, hooks: RunHooks): Promise<void> {
  let alive: NodeJS.Timeout | undefined;
  try {
    const working = work();
    alive = setInterval(() => {}, SELDOM);
    await working;
  } catch (error) {
    if (!isShutdownAbort(context, error)) {
      hooks.failed(error);
      logFatal(context, error, 'run() failed');
      await endProcess(context, 1);
    }
  } finally {
    clearInterval(alive);
  }
  context.settled = true;
  if (context.terminating) await endProcess(context, 0);
  endWhenIdle(context);
}

/** The promise of start() never settles, and the script may stand at its `await` for ever: that is an orderly end all the same. */
function endWhenIdle(context: Context): void {
  // Not the time that has gone by, in which a busy machine may have done anything else.
  const { idle } = performance.eventLoopUtilization();
  process.on('beforeExit', () => {
    if (performance.eventLoopUtilization().idle - idle < AT_ONCE_MS) logInfo(context, 'run() finished, nothing left to do');
    process.exit(process.exitCode ?? 0);
  });
}

/** What the process does about errors nobody caught, once the launcher does not listen any more: the log first, then Node's own exit 1. */
export function logUncaught(context: Context): void {
  process.on('uncaughtExceptionMonitor', (error) => {
    if (process.listenerCount('uncaughtException') > 0 || context.given.logger === undefined || context.given.logger === null) return;
    logFatal(context, error, 'uncaught error');
  });
}
