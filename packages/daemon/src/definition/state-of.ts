import type { DaemonState } from './daemon-state.ts';

let read: (daemon: object) => DaemonState;

/** Called once by the class Daemon: the state is in its private field. */
export function readStateBy(reader: (daemon: object) => DaemonState): void {
  read = reader;
}

/** The state behind a daemon object. */
export function stateOf(daemon: object): DaemonState {
  return read(daemon);
}
