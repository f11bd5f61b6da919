import { type Context, stageName } from '../context.ts';
import { DaemonError } from '../errors.ts';

const failed = new WeakSet<Context>();

/**
 * Runs the stages up to `last` that have not run yet, in their order, each once, overridden or not.
 * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
 */
export async function runStages(context: Context, last: number, finished: (stage: number) => void): Promise<void> {
  for (let stage = 1; stage <= last; stage += 1) {
    if (context.finished.has(stage)) continue;
    if (context.started.has(stage)) throw unfinished(context, stage);
    context.started.add(stage);
    context.stage = stage;
    try {
      await context.call(stage);
    } catch (error) {
      failed.add(context);
      throw error;
    }
    context.stage = null;
    context.finished.add(stage);
    finished(stage);
  }
}

function unfinished(context: Context, stage: number): DaemonError {
  const why = failed.has(context)
    ? 'has failed: make another Daemon object to try again'
    : 'has not finished yet: await it before you go on';
  return new DaemonError(`${capital(stageName(stage))} ${why}`, { code: 'ERR_STAGE_AT_WORK', stage });
}

/** @throws {DaemonError} `ERR_STAGE_TWICE` */
export function refuseTwice(context: Context, stage: number): void {
  if (!context.started.has(stage)) return;
  throw new DaemonError(`Attempted to run ${stageName(stage)} twice`, { code: 'ERR_STAGE_TWICE', stage });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
