import { endOfStatus } from '@daemonium/core/start';

/** How the daemon's process ended, as far as that is known. */
export interface ExitStatus {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

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
  const { code, signal: ending } = status === null ? { code: null, signal } : endOfStatus(status);
  return reported === null ? { exitCode: code, signal: ending } : { exitCode: code ?? reported, signal: null };
}
