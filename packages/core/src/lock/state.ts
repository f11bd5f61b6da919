import type { ResolvedOptions } from './options.ts';
import { type Inode, sameInode } from './same-inode.ts';

/**
 * An open file with the lock on it, and its inode: the descriptor may have been closed, and its number reused. No process can write through
 * the locked description.
 */
export interface Hold extends Inode {
  readonly fd: number;
  /** Another description of the same file, which writes; `null` once the pid is written, or where it is another's to write. */
  writer: number | null;
  /** The process that writes the pid: this one, or its launcher if this one gives up its rights and must not name another process. */
  readonly word: 'own' | 'launcher';
  /** The predecessor writes the pid, when this process takes its place. */
  readonly late?: boolean;
}

/** State of a PidLockFile. The functions in this folder work on it; the class only calls them. */
export interface LockState {
  readonly path: string;
  readonly options: ResolvedOptions;
  hold: Hold | null;
  /** The pid that this object has written into the file. */
  pid: number | null;
  /** Holds of a reentrant lock: the first seal is the first. */
  holds: number;
  /** Told once when the lock is no longer held. */
  afterRelease: (() => void) | null;
}

/** A registered symbol: one copy of this package can hand over another copy's lock, see start/index.ts. */
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

/** The locks that objects of this process hold. */
const held = new Set<LockState>();

/** The lock of `state` is this object's from now on. */
export function hold(state: LockState, what: Hold): Hold {
  state.hold = what;
  held.add(state);
  return what;
}

/** The object of this process that holds the lock of this file, or `null`. */
export function heldHere(inode: Inode): LockState | null {
  for (const state of held) if (state.hold !== null && sameInode(state.hold, inode)) return state;
  return null;
}

/** The lock of `state` is no longer this object's. */
export function forget(state: LockState): void {
  held.delete(state);
  state.hold = null;
  state.pid = null;
  state.holds = 0;
  const { afterRelease } = state;
  state.afterRelease = null;
  afterRelease?.();
}
