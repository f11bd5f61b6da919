import { constants } from 'node:os';

/** How the daemon's process ended, as far as anybody could tell. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What shells add to a signal's number to make a status of it. */
const SIGNALLED = 128;

/** A shell's status, or a process's own: above 128 it stands for a signal. */
export function endingOfStatus(status: number): Ending {
  const signal = status > SIGNALLED ? signalOf(status - SIGNALLED) : null;
  return signal === null ? { exitCode: status, signal: null } : { exitCode: null, signal };
}

function signalOf(number: number): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? null : (found[0] as NodeJS.Signals);
}
