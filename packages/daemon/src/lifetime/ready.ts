import type { Context } from '../context.ts';
import { within } from '../wire/within.ts';
import { loggerOf } from './log.ts';
import { notifyDetached, notifyReady } from './notify.ts';

/** The launcher's ear, as far as readiness needs it. */
export interface Line {
  send(report: { readonly type: 'ready' }): void;
  onEnd(listener: (acknowledged: boolean) => void): void;
  hold(): void;
}

/**
 * READY, and then the launcher's word that it has heard it. Without it the launcher is gone, and the start is undone elsewhere: this never
 * settles then, so that nothing runs which nobody knows of.
 */
export async function sayReady(context: Context, line: Line | null): Promise<void> {
  if (context.readySaid) return;
  context.readySaid = true;
  if (line !== null) {
    // The launcher may be what the service manager takes for the service, and ends as soon as it knows.
    notifyDetached(context);
    line.send({ type: 'ready' });
    context.answer = new Promise<void>((resolve) => {
      line.hold();
      line.onEnd((acknowledged) => {
        if (acknowledged) resolve();
      });
    });
    await context.answer;
    context.answer = null;
  }
  loggerOf(context)?.debug({ pid: process.pid }, 'ready');
  context.daemon.emit('ready', process.pid);
  notifyReady(context);
}

/** A launcher that takes longer for its answer to READY has something else to do, and signals are not to wait for that. In ms. */
const ANSWER_MS = 100;

/**
 * Does something once `run()` has begun, if the launcher's answer is all that is waited for: it may be here and not heard yet, as signals
 * overtake each other. Who stops or reloads a daemon as soon as start() has resolved finds it at work.
 */
export function onceAnswered<T>({ answer }: Context, act: () => T): T | Promise<T> {
  return answer === null ? act() : answeredOrLate(answer).then(act);
}

async function answeredOrLate(answer: Promise<void>): Promise<void> {
  await within(ANSWER_MS, answer);
  await new Promise((resolve) => setImmediate(resolve));
}
