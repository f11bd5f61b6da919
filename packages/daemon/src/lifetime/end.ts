import type { Context } from '../context.ts';
import { flushLog, logError } from './log.ts';

/** A start that failed may be tried again. */
const seenThrough = new WeakSet<Context>();

/**
 * Last of all, however the process ends: the lock is free, and the log is on disk.
 * @param ownsFile whether the pid file is this process's to remove; default always
 */
export function endWithProcess(context: Context, ownsFile: () => boolean = () => true): void {
  if (seenThrough.has(context)) return;
  seenThrough.add(context);
  process.on('exit', (code) => {
    try {
      context.daemon.emit('exit', code);
    } finally {
      if (ownsFile()) release(context);
      flushLog(context);
    }
  });
}

/** The kernel frees the lock in any case, so what goes wrong with its file does not change how the process ends. */
function release(context: Context): void {
  try {
    context.lock()?.[Symbol.dispose]();
  } catch (error) {
    logError(context, String(error));
  }
}

/** Ends the process with `code`, once what is still waiting for a pipe has been taken, or nobody takes it. */
export async function endProcess(context: Context, code: number): Promise<never> {
  flushLog(context);
  if (process.getActiveResourcesInfo().some((resource) => resource.endsWith('WriteWrap'))) await Promise.race([drained(), patience()]);
  process.exit(code);
}

/** How long a reader of our output may take before it loses the rest, in ms. */
const PATIENCE = 1_000;

function drained(): Promise<unknown> {
  return Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))),
  );
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE));
}
