import { type Context, stageName } from '../context.ts';
import { DaemonError } from '../errors.ts';

/**
 * Runs the stages up to `last` that have not run yet, in their order, each once, overridden or not.
 * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
 */
export async function runStages(context: Context, last: number, finished: (stage: number) => void): Promise<void> {
  for (let stage = 1; stage <= last; stage += 1) {
    if (context.finished.has(stage)) continue;
    if (context.started.has(stage)) {
      throw new DaemonError(`${capital(stageName(stage))} has not finished yet: await it before you go on`, {
        code: 'ERR_STAGE_AT_WORK',
        stage,
      });
    }
    context.started.add(stage);
    context.stage = stage;
    await context.call(stage);
    context.stage = null;
    context.finished.add(stage);
    finished(stage);
  }
}

/** @throws {DaemonError} `ERR_STAGE_TWICE` */
export function refuseTwice(context: Context, stage: number): void {
  if (!context.started.has(stage)) return;
  throw new DaemonError(`Attempted to run ${stageName(stage)} twice`, { code: 'ERR_STAGE_TWICE', stage });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
