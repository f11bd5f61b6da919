import type { Places } from './places.ts';
import { noteStarted } from './started.ts';

/** The parts of a `Daemon` that tell of its start. */
export interface StartingDaemon {
  readonly role: string | null;
  on(event: 'stage', listener: (stage: number) => void): unknown;
  once(event: 'ready', listener: () => void): unknown;
}

/**
 * Waits for READY of a daemon that becomes this very process, whose `start()` never settles, and notes the start: after stage 2, because stage 3
 * may give up the right to write the note.
 * @param version of the package that starts it
 * @returns never settles for a daemon that detaches
 */
export function readyInForeground(daemon: StartingDaemon, places: Places, name: string, version: string): Promise<void> {
  daemon.on('stage', (stage) => {
    if (stage === 2 && daemon.role === 'foreground') noteStarted(places, name, version);
  });
  return new Promise((resolve) => daemon.once('ready', () => daemon.role === 'foreground' && resolve()));
}
