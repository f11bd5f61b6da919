import { type Context, resolved } from '../context.ts';
import { endProcess } from './end.ts';
import { logError } from './log.ts';
import { notifyStopping } from './notify.ts';

/** A launcher that takes longer for its answer to READY has something else to do, and SIGTERM is not to wait for that. */
const ANSWER_MS = 100;

/** The signal that tells `run()` to end. To have read it is to have asked for time. */
export function shutdownSignal(context: Context): AbortSignal {
  context.shutdown ??= new AbortController();
  if (context.terminating && !context.shutdown.signal.aborted) context.shutdown.abort();
  return context.shutdown.signal;
}

/**
 * SIGTERM: the process ends at once when there is nothing to wait for. Otherwise `shutdown` aborts, and `run()` has `stopTimeout` to settle:
 * 0 when it does, 1 when it does not. A second time ends it at once, with 1.
 */
export function terminate(context: Context): void {
  if (context.answer === null) end(context);
  else void atWork(context.answer).then(() => end(context));
}

/** Who stops a daemon as soon as start() has resolved finds it at work: the launcher's answer may have come, too, and not been heard yet. */
async function atWork(answer: Promise<void>): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  await Promise.race([answer, late]);
  await new Promise((resolve) => setImmediate(resolve));
}

function end(context: Context): void {
  const { daemon } = context;
  if (context.terminating) return void endProcess(context, 1);
  context.terminating = true;
  notifyStopping(context);
  const asked = context.shutdown !== null || daemon.listenerCount('terminate') > 0;
  daemon.emit('terminate');
  if (context.settled || !asked) return void endProcess(context, 0);
  context.shutdown?.abort();
  const { stopTimeout } = resolved(context);
  setTimeout(() => {
    logError(context, `run() did not end within ${stopTimeout} ms of SIGTERM`);
    void endProcess(context, 1);
  }, stopTimeout).unref();
}

/**
 * Whether `error` is only what an awaited call says when `shutdown` aborts it, so that `run()` has ended as it was asked to: the signal's
 * reason itself, or an AbortError made of it.
 */
export function isShutdownAbort({ terminating, shutdown }: Context, error: unknown): boolean {
  if (!terminating || shutdown === null || !(error instanceof Error)) return false;
  return error === shutdown.signal.reason || (error.name === 'AbortError' && error.cause === shutdown.signal.reason);
}
