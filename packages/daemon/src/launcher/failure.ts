import { existsSync } from 'node:fs';
import { type Context, resolved, stageName } from '../context.ts';
import { StartError, type StartFailure, StartTimeoutError } from '../errors.ts';
import { UNSETTLED } from '../host/unsettled.ts';
import { decodeError } from '../wire/error-codec.ts';
import type { Attempt } from './attempt.ts';
import type { Ending } from './ending.ts';
import { spawnFailure } from './spawn.ts';

const RERAN =
  'This happened while the script ran again in the daemon, before it came to its own start(): ' +
  'skip what only the launcher should do with isDaemonProcess, or use a module target';

/** What shells end with when a program cannot be executed, or is not there. */
const NOT_EXECUTED = [126, 127];

/** The daemon ended, or told an error, before it was ready: everything known about it in one error. */
export function startFailure(context: Context, attempt: Attempt): Error {
  if (attempt.spawnError !== null) return attempt.spawnError;
  const name = `Daemon '${resolved(context).name}'`;
  const seen = observed(attempt);
  if (attempt.failure !== null) {
    const cause = decodeError(attempt.failure.error);
    const { stage } = attempt.failure;
    const where = stage === null ? '' : ` in ${stageName(stage)}`;
    const message = `${name} failed${where}: ${cause.name}: ${cause.message}${hint(context, attempt)}`;
    return new StartError(message, { ...seen, stage, cause });
  }
  if (attempt.pid === null && NOT_EXECUTED.includes(seen.exitCode ?? 0) && !existsSync(process.execPath)) {
    return spawnFailure(Object.assign(new Error(`'${process.execPath}' cannot be executed`), { code: 'ENOENT' }));
  }
  const stage = attempt.begun ? unfinished(attempt.stage) : null;
  const what = `${how(seen)} before it was ready${place(context, attempt)}`;
  return new StartError(`${name} ${what}${lastWords(seen.error)}${hint(context, attempt)}`, { ...seen, stage });
}

/** `startTimeout` ran out. */
export function timeoutFailure(context: Context, attempt: Attempt | null): StartError {
  const { name, startTimeout } = resolved(context);
  const late = `Daemon '${name}' was not ready within ${startTimeout} ms`;
  if (attempt === null) return new StartTimeoutError(`${late}: stage1() did not return; nothing was started`, { stage: 1 });
  const what = attempt.isReady ? ', although it said so: monitor() did not return' : place(context, attempt);
  const { output, error } = observed(attempt);
  return new StartTimeoutError(`${late}${what}; it has been killed${hint(context, attempt)}`, {
    output,
    error,
    stage: attempt.begun && !attempt.isReady ? unfinished(attempt.stage) : null,
  });
}

/** It said READY and was gone before the launcher could say so. */
export function lostFailure(context: Context, attempt: Attempt): StartError {
  const seen = observed(attempt);
  const ended = seen.exitCode === null && seen.signal === null ? 'ended' : how(seen);
  const message = `Daemon '${resolved(context).name}' ${ended} right after it had become ready${lastWords(seen.error)}`;
  return new StartError(message, { ...seen, stage: null, code: 'ERR_START_LOST' });
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
  if (exitCode === UNSETTLED) return `exited with ${UNSETTLED} (nothing was left to wait for, and an await had not settled)`;
  return exitCode === null ? 'ended' : `exited with ${exitCode}`;
}

function place(context: Context, { begun, stage, pid }: Attempt): string {
  if (begun) {
    if (stage < 9) return `, in ${stageName(stage + 1)}`;
    return resolved(context).waitForReady ? ', after stage 9: it did not call ready()' : ', after stage 9';
  }
  return pid === null ? ', before it had loaded @daemonium/daemon' : ', before stage 1';
}

function lastWords(error: string): string {
  const line = error.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `; the last line of its stderr: ${line.slice(0, 500)}`;
}

/** Before its own start a daemon is in the script's hands, or in the target module's. */
function hint(context: Context, { begun, pid }: Attempt): string {
  const { module } = resolved(context);
  if (begun) return '';
  if (module !== null) return `. This happened while the target module '${module}' was loaded`;
  return pid === null ? '' : `. ${RERAN}`;
}
