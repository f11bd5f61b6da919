import { existsSync } from 'node:fs';
import { StartError, type StartFailure, StartTimeoutError } from '../errors.ts';
import { UNSETTLED } from '../internal/unsettled.ts';
import type { Plan } from '../options/plan.ts';
import { decodeError } from '../protocol/error-codec.ts';
import { stageName } from '../stages/stage-names.ts';
import type { ExitStatus } from './exit-status.ts';
import { spawnFailure } from './spawn.ts';
import type { SpawnedDaemon } from './spawned-daemon.ts';
import type { StartProgress } from './start-progress.ts';

const RERAN =
  'This happened while the script ran again in the daemon, before it came to its own start(): ' +
  'skip what only the launcher should do with isDaemonProcess, or use a module target';

/** Exit statuses of a shell that could not execute a program, or did not find it. */
const NOT_EXECUTED = [126, 127];

/** The daemon ended, or told an error, before its start had worked: everything known about it in one error. */
export function startError(plan: Plan, daemon: SpawnedDaemon): Error {
  if (daemon.spawnError !== null) return daemon.spawnError;
  const { progress } = daemon;
  const name = `Daemon '${plan.name}'`;
  const seen = observed(daemon);
  if (daemon.failure !== null) {
    const cause = decodeError(daemon.failure.error);
    const { stage } = daemon.failure;
    const message = `${name} failed${failedIn(daemon, stage)}: ${cause.name}: ${cause.message}${hint(plan, progress)}`;
    return new StartError(message, { ...seen, stage, cause });
  }
  if (progress.pid === null && NOT_EXECUTED.includes(seen.exitCode ?? 0) && !existsSync(process.execPath)) {
    return spawnFailure(Object.assign(new Error(`'${process.execPath}' cannot be executed`), { code: 'ENOENT' }));
  }
  if (progress.isReady && !daemon.isGoing) {
    const ended = seen.exitCode === null && seen.signal === null ? 'ended' : how(seen);
    const message = `${name} ${ended} right after it had become ready${lastWords(seen.error)}`;
    return new StartError(message, { ...seen, stage: null, code: 'ERR_START_LOST' });
  }
  const what = daemon.isGoing ? `${how(seen)} in the first turn of run()` : `${how(seen)} before it was ready${place(plan, progress)}`;
  return new StartError(`${name} ${what}${lastWords(seen.error)}${hint(plan, progress)}`, { ...seen, stage: unfinished(progress) });
}

/** `startTimeout` ran out. @param daemon `null`: nothing was spawned */
export function timeoutError({ name, startTimeout, ...plan }: Plan, daemon: SpawnedDaemon | null): StartError {
  const late = `Daemon '${name}' was not ready within ${startTimeout} ms`;
  if (daemon === null) return new StartTimeoutError(`${late}: stage1() did not return; nothing was started`, { stage: 1 });
  const { progress } = daemon;
  const what = progress.isReady ? ', although it said so: monitor() did not return' : place(plan, progress);
  const { output, error } = observed(daemon);
  return new StartTimeoutError(`${late}${what}; it has been killed${hint(plan, progress)}`, {
    output,
    error,
    stage: unfinished(progress),
  });
}

/** The launcher got a signal that its own listeners decide about. */
export function interruptedError({ name }: Plan, daemon: SpawnedDaemon | null, signal: NodeJS.Signals): StartError {
  const seen: StartFailure = daemon === null ? {} : { output: daemon.output.text, error: daemon.error.text };
  return new StartError(`The start of daemon '${name}' was undone: the launcher got ${signal}`, { ...seen, code: 'ERR_START_INTERRUPTED' });
}

/** The launcher was to write the pid, and could not. */
export function sealError({ name }: Plan, cause: Error): StartError {
  return new StartError(`The pid of daemon '${name}' could not be written: ${cause.name}: ${cause.message}`, { stage: 6, cause });
}

function observed(daemon: SpawnedDaemon): ExitStatus & { readonly output: string; readonly error: string } {
  return { output: daemon.output.text, error: daemon.error.text, ...daemon.exitStatus };
}

/** The stage that the daemon was in; `null`: none. */
function unfinished({ hasBegun, isReady, stage }: StartProgress): number | null {
  return hasBegun && !isReady ? Math.min(stage + 1, 9) : null;
}

function failedIn({ isGoing }: SpawnedDaemon, stage: number | null): string {
  if (stage !== null) return ` in ${stageName(stage)}`;
  return isGoing ? ' in run()' : '';
}

function how({ exitCode, signal }: ExitStatus): string {
  if (signal !== null) return `was killed by ${signal}`;
  if (exitCode === UNSETTLED) return `exited with ${UNSETTLED} (nothing was left to wait for, and an await had not settled)`;
  return exitCode === null ? 'ended' : `exited with ${exitCode}`;
}

function place({ waitForReady, entry }: Pick<Plan, 'waitForReady' | 'entry'>, { hasBegun, stage, pid }: StartProgress): string {
  if (!hasBegun) return pid === null ? ', before it had loaded @daemonium/daemon' : ', before stage 1';
  if (stage < 9) return `, in ${stageName(stage + 1)}`;
  if (entry.kind === 'program') return MISSED[entry.readiness];
  return waitForReady ? ', after stage 9: it did not call ready()' : ', after stage 9';
}

/** The step that a program did not reach before it ended or its time was over. */
const MISSED = {
  started: ', while its main module was evaluated',
  listening: ': no server of it listened',
  message: ": it did not call process.send('ready')",
} as const;

/** `TypeError: text`, `AssertionError [ERR_ASSERTION]: text`. */
const NAMES_AN_ERROR = /^(Uncaught )?\w*(Error|Exception)( \[\w+\])?: ./;
/** The last line that Node.js prints when it ends by an error. */
const VERSION_LINE = /^Node\.js v\d/;

/** The line of stderr that names the error; else the last one that says something. */
function lastWords(error: string): string {
  const lines = error.split('\n').filter((line) => line.trim() !== '' && !VERSION_LINE.test(line));
  const line = lines.findLast((each) => NAMES_AN_ERROR.test(each)) ?? lines.at(-1) ?? '';
  return line === '' ? '' : `; from its stderr: ${line.trim().slice(0, 500)}`;
}

/** Before its own start a daemon is in the script's hands, or in the target module's. */
function hint({ entry }: Pick<Plan, 'entry'>, { hasBegun, pid }: StartProgress): string {
  if (hasBegun) return '';
  if (entry.kind === 'module') return `. This happened while the target module '${entry.path}' was loaded`;
  if (entry.kind === 'program') return '';
  return pid === null ? '' : `. ${RERAN}`;
}
