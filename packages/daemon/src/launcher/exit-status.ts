import { signalName } from '../options/signal-names.ts';

/** How the daemon's process ended, as far as that is known. */
export interface ExitStatus {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A shell's status for a program that a signal ended: the signal's number plus this. */
const SIGNALLED = 128;

export interface ExitObservations {
  /** The exit code that the daemon reported when it ended by itself. Its real status may differ: exit listeners may still change it. */
  readonly reported: number | null;
  /** The shell's status, which is the daemon's; without a shell the process's own. */
  readonly status: number | null;
  /** The signal that ended the spawned process: the shell, or without a shell the daemon. */
  readonly signal: NodeJS.Signals | null;
}

/** A status above 128 means a signal, unless the daemon itself reported its exit code. */
export function exitStatusOf({ reported, status, signal }: ExitObservations): ExitStatus {
  if (reported !== null) return { exitCode: status === null || status > SIGNALLED ? reported : status, signal: null };
  if (status === null) return { exitCode: null, signal };
  const ended = status > SIGNALLED ? signalName(status - SIGNALLED) : null;
  return ended === null ? { exitCode: status, signal: null } : { exitCode: null, signal: ended };
}
