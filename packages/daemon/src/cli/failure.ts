import { EXIT, meansNotPermitted, STATUS_EXIT } from '@daemonium/core/start';
import type { DaemonState } from '../definition/daemon-state.ts';
import { NotRunningError, StartError } from '../errors.ts';
import { printOutcome } from '../launcher/print-outcome.ts';
import { otherUsersDaemon } from '../remote/other-user.ts';
import { STARTING } from './default-lock.ts';
import { complain } from './output.ts';
import type { Verb } from './parse.ts';

export const NO_PID_FILE = 'with pidFile: null no other process can find it; leave the option out, or give a path';

/** Codes of a start's failure that may have its cause in a daemon of another user. */
export const MEANS_HELD: readonly unknown[] = ['ERR_ALREADY_LOCKED', 'ERR_PID_FILE_INSECURE', 'EACCES', 'EPERM'];

export function failed(verb: Verb, { lock }: DaemonState, name: string, error: unknown): number {
  const other = lock !== null && STARTING.includes(verb) && MEANS_HELD.includes(codeOf(error)) ? otherUsersDaemon(lock) : null;
  if (other !== null) {
    complain(`${name} ${other}`);
    return EXIT.notPermitted;
  }
  if (error instanceof StartError) printOutcome(error.output, error.error, error);
  else complain(`${name}: ${verb} failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
  if (verb === 'status') return STATUS_EXIT.unknown;
  return meansNotPermitted(codeOf(error)) ? EXIT.notPermitted : EXIT.failed;
}

/** Without a pid file, only the process that started the daemon knows it. */
export function isUnknowable({ lock, process: started }: DaemonState): boolean {
  return lock === null && started === null;
}

export function unknowable(name: string): number {
  complain(`${name} is not known to run: ${NO_PID_FILE}`);
  return EXIT.failed;
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

export function isNotRunning(error: unknown): boolean {
  return error instanceof NotRunningError && error.code === 'ERR_NOT_RUNNING';
}
