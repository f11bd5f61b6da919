import type { Context } from '../context.ts';
import { flushLog } from './log.ts';

/** Last of all, however the process ends: the log is on disk, and the lock is free. */
export function endWithProcess(context: Context): void {
  process.on('exit', () => {
    flushLog(context);
    try {
      // Of what is not held, or held by somebody else by now, disposing is silent.
      context.lock()?.[Symbol.dispose]();
    } catch (error) {
      process.exitCode ??= 0;
      process.emitWarning(error as Error);
    }
  });
}

/** Ends the process with `code`, once what is still waiting for a pipe has been taken, or nobody takes it. */
export async function endProcess(context: Context, code: number): Promise<never> {
  flushLog(context);
  if (process.getActiveResourcesInfo().includes('WriteWrap')) await Promise.race([drained(), patience()]);
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
