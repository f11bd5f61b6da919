import { signalName } from '../options/signal-names.ts';

/** How the daemon's process ended, as far as anybody could tell. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What shells add to a signal's number to make a status of it. */
const SIGNALLED = 128;

export interface Seen {
  /** What the daemon told when it ended by itself; its status may still have changed after that. */
  readonly reported: number | null;
  /** The shell's status, which is the daemon's; without a shell the process's own. */
  readonly status: number | null;
  /** Of the process that was spawned. */
  readonly signal: NodeJS.Signals | null;
}

/** Who ended by itself has an exit status, also above 128; for everybody else such a status stands for a signal. */
export function endingOf({ reported, status, signal }: Seen): Ending {
  if (reported !== null) return { exitCode: status === null || status > SIGNALLED ? reported : status, signal: null };
  if (status === null) return { exitCode: null, signal };
  const ended = status > SIGNALLED ? signalName(status - SIGNALLED) : null;
  return ended === null ? { exitCode: status, signal: null } : { exitCode: null, signal: ended };
}
