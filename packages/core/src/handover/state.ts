import type { Arrival, ArrivalFault } from './arrive.ts';

/** One open file that crossed from the launcher, with the path it was opened under. */
export interface HandedDescriptor {
  readonly path: string;
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

/** The process that writes the daemon's pid into the file. */
export type Writer = 'daemon' | 'launcher';

/** A held lock, described for the next process: the open file, which cannot be written, has the number `fd` in that process. */
export interface HandedLock extends HandedDescriptor {
  /** @default 'daemon' */
  readonly writer?: Writer;
  /** For a successor: its predecessor writes the pid at the end of the start, and `seal()` writes nothing. */
  readonly late?: boolean;
}

/**
 * The state that all copies of these packages in one process share: one start, one lock and one count of calls. start/index.ts says why
 * there are copies.
 */
export interface SharedState {
  /** How this process came to be a daemon; `null` in every other process, `undefined` before the first look. */
  arrival: Arrival | null | undefined;
  /** Why this process must end without having done anything: its payload is damaged, or of another start. */
  arrivalFault: ArrivalFault | undefined;
  /** The open files that came with the payload, under the paths of the launcher. */
  descriptors: HandedDescriptor[];
  /** The inherited lock has an owner object. */
  lockAdopted: boolean;
  /** Run once this process is known to be the daemon or the daemon in the foreground. */
  readonly becomesDaemon: Array<() => void>;
  isDaemon: boolean;
  /** A daemon is to be made by this process or of it, so signals keep their own meaning here until it is one. */
  expectsDaemon: boolean;
  /** Functions to call when `expectsDaemon` becomes true. */
  readonly expectations: Array<() => void>;
  /** This package as the sibling packages see it, once it has been loaded. */
  core?: unknown;
  /** The daemon package's own part. */
  start?: unknown;
}

const KEY = Symbol.for('daemonium');

/** The state shared by all copies of these packages in this process. */
export function sharedState(): SharedState {
  const holder = globalThis as { [KEY]?: SharedState };
  holder[KEY] ??= {
    arrival: undefined,
    arrivalFault: undefined,
    descriptors: [],
    lockAdopted: false,
    becomesDaemon: [],
    isDaemon: false,
    expectsDaemon: false,
    expectations: [],
  };
  return holder[KEY];
}

/** Calls `listener` when this process becomes the daemon (detached or in the foreground), at once if it is one already. */
export function onceDaemon(listener: () => void): void {
  const state = sharedState();
  if (state.isDaemon) listener();
  else state.becomesDaemon.push(listener);
}

/** Said by the daemon package in stage 7, when signals get the daemon's meaning. */
export function becomeDaemon(): void {
  const state = sharedState();
  if (state.isDaemon) return;
  state.isDaemon = true;
  for (const listener of state.becomesDaemon.splice(0)) listener();
}

/** Said by the daemon package when the program makes its first daemon object. */
export function expectDaemon(): void {
  const state = sharedState();
  state.expectsDaemon = true;
  if (!state.isDaemon) for (const listener of state.expectations.splice(0)) listener();
}
