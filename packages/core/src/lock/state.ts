import type { ResolvedOptions } from './options.ts';

/** An open file with the lock on it, and which file that was: the number may have been closed and given out again. */
export interface Hold {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

/** What a PidLockFile is made of. The steps in this folder work on it; the class only names them. */
export interface LockState {
  readonly path: string;
  readonly options: ResolvedOptions;
  hold: Hold | null;
  /** What this object has written into the file. */
  pid: number | null;
  /** Holds of a reentrant lock: the first seal is the first. */
  holds: number;
  /** Told once when the lock is no longer held. */
  afterRelease: (() => void) | null;
}

/** The same in every copy of this package, so that one copy's lock can be handed over by another. */
const STATE = Symbol.for('daemonium.PidLockFile');

interface Stateful {
  readonly [STATE]: LockState;
}

export function attachState(lock: object, path: string, options: ResolvedOptions): LockState {
  const state: LockState = { path, options, hold: null, pid: null, holds: 0, afterRelease: null };
  Object.defineProperty(lock, STATE, { value: state });
  return state;
}

export function stateOf(lock: object): LockState {
  return (lock as Stateful)[STATE];
}

/** Whether `value` is a PidLockFile of whichever copy of this package. */
export function isLockLike(value: unknown): value is object {
  return typeof value === 'object' && value !== null && STATE in value;
}

/** The lock of `state` is no longer this object's. */
export function forget(state: LockState): void {
  state.hold = null;
  state.pid = null;
  state.holds = 0;
  const { afterRelease } = state;
  state.afterRelease = null;
  afterRelease?.();
}
