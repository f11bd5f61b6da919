/**
 * State of a start in its launcher.
 * - `spawning`: options and lock are checked; nothing has been spawned.
 * - `reporting`: the daemon's process exists, and reports its progress.
 * - `ready`: the daemon has sent READY.
 * - `working`: the daemon may begin run(), whose first turn belongs to the start.
 * - `committing`: the pid file is about to name the daemon. Once it does, nothing undoes the start any more.
 * - `released`: the start has worked. Nothing ties the two processes any more.
 * - `undone`: there is no daemon. Nothing is left of the start.
 */
export type LaunchStateName = 'spawning' | 'reporting' | 'ready' | 'working' | 'committing' | 'released' | 'undone';

/** Events of a start. `undo`: the daemon failed, a time-out, a signal, or an abort. */
export type LaunchEvent = 'spawn' | 'ready' | 'go' | 'commit' | 'release' | 'undo';

/** All that can happen. An event that has no entry comes too late, and changes nothing. */
export const TRANSITIONS: Readonly<Record<LaunchStateName, Readonly<Partial<Record<LaunchEvent, LaunchStateName>>>>> = {
  spawning: { spawn: 'reporting', undo: 'undone' },
  reporting: { ready: 'ready', undo: 'undone' },
  ready: { go: 'working', commit: 'committing', undo: 'undone' },
  working: { commit: 'committing', undo: 'undone' },
  committing: { release: 'released', undo: 'undone' },
  released: {},
  undone: {},
};

/**
 * The state machine of one start. `released` and `undone` are final, and exclude each other: either start() resolves, or nothing is left.
 */
export class LaunchState {
  #name: LaunchStateName = 'spawning';

  get name(): LaunchStateName {
    return this.#name;
  }

  /** @returns `false` when `event` comes too late, or too early, and has changed nothing */
  on(event: LaunchEvent): boolean {
    const next = TRANSITIONS[this.#name][event];
    if (next === undefined) return false;
    this.#name = next;
    return true;
  }
}
