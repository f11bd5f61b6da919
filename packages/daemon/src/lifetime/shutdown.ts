import { type Context, resolved } from '../context.ts';
import { endProcess } from './end.ts';
import { logError } from './log.ts';
import { notifyStopping } from './notify.ts';

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
  const { daemon, maker } = context;
  if (context.terminating) return void endProcess(context, 1);
  context.terminating = true;
  notifyStopping(context);
  const objects = maker === null ? [daemon] : [daemon, maker];
  const asked = context.shutdown !== null || objects.some((object) => object.listenerCount('terminate') > 0);
  for (const object of objects) object.emit('terminate');
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
