import type { DaemonState } from './daemon-state.ts';

let read: (daemon: object) => DaemonState;

/** Said by the class Daemon, whose private field the state is. */
export function readStateBy(reader: (daemon: object) => DaemonState): void {
  read = reader;
}

/** The state behind a daemon object. */
export function stateOf(daemon: object): DaemonState {
  return read(daemon);
}
