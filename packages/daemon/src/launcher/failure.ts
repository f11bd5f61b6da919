import { type Context, resolved, stageName } from '../context.ts';
import { StartError, type StartFailure, StartTimeoutError } from '../errors.ts';
import { decodeError } from '../wire/error-codec.ts';
import type { Attempt, Ending } from './attempt.ts';

const RERAN =
  'This happened while the script ran again in the daemon, before it came to its own start(): ' +
  'skip what only the launcher should do with isDaemonProcess, or use a module target';

/** The daemon ended, or told an error, before it was ready: everything known about it in one error. */
export function startFailure(context: Context, attempt: Attempt): Error {
  if (attempt.spawnError !== null) return attempt.spawnError;
  const name = `Daemon '${resolved(context).name}'`;
  const seen = observed(attempt);
  if (attempt.failure !== null) {
    const cause = decodeError(attempt.failure.error);
    const { stage } = attempt.failure;
    const where = stage === null ? '' : ` in ${stageName(stage)}`;
    const message = `${name} failed${where}: ${cause.name}: ${cause.message}${hint(attempt)}`;
    return new StartError(message, { ...seen, stage, cause });
  }
  const stage = attempt.begun ? unfinished(attempt.stage) : null;
  return new StartError(`${name} ${how(attempt.ending)} before it was ready${place(attempt)}${lastWords(seen.error)}${hint(attempt)}`, {
    ...seen,
    stage,
  });
}

/** `startTimeout` ran out. */
export function timeoutFailure(context: Context, attempt: Attempt): StartError {
  const { name, startTimeout, waitForReady } = resolved(context);
  const all = attempt.stage === 9 && waitForReady;
  const what = attempt.isReady ? ', although it said so: monitor() did not return' : all ? ': it did not call ready()' : place(attempt);
  const { output, error } = observed(attempt);
  return new StartTimeoutError(`Daemon '${name}' was not ready within ${startTimeout} ms${what}; it has been killed${hint(attempt)}`, {
    output,
    error,
    stage: attempt.begun && !attempt.isReady ? unfinished(attempt.stage) : null,
  });
}

/** It said READY and was gone before the launcher could say so. */
export function lostFailure(context: Context, attempt: Attempt): StartError {
  const message = `Daemon '${resolved(context).name}' ended right after it had become ready${lastWords(attempt.error.text)}`;
  return new StartError(message, { ...observed(attempt), stage: null, code: 'ERR_START_LOST' });
}

/** A signal to the launcher that its own listeners decide about. */
export function interruptedFailure(context: Context, attempt: Attempt | null, signal: NodeJS.Signals): StartError {
  const seen: StartFailure = attempt === null ? {} : { output: attempt.output.text, error: attempt.error.text };
  return new StartError(`The start of daemon '${resolved(context).name}' was undone: the launcher got ${signal}`, {
    ...seen,
    code: 'ERR_START_INTERRUPTED',
  });
}

function observed(attempt: Attempt): Ending & { readonly output: string; readonly error: string } {
  return { output: attempt.output.text, error: attempt.error.text, ...attempt.ending };
}

function unfinished(stage: number): number {
  return Math.min(stage + 1, 9);
}

function how({ exitCode, signal }: Ending): string {
  if (signal !== null) return `was killed by ${signal}`;
  return exitCode === null ? 'ended' : `exited with ${exitCode}`;
}

function place({ begun, stage }: Attempt): string {
  if (!begun) return ', before stage 1';
  return stage === 9 ? ', after stage 9' : `, in ${stageName(stage + 1)}`;
}

function lastWords(error: string): string {
  const line = error.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `; the last line of its stderr: ${line.slice(0, 500)}`;
}

function hint({ begun, pid }: Attempt): string {
  return begun || pid === null ? '' : `. ${RERAN}`;
}
