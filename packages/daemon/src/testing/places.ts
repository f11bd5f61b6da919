/** A stage's number, in the name of a place. */
export type Stage = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/**
 * Place of a fault. In the daemon:
 * - `script`: at the call of {@link faulty}, so before the code of the script that follows
 * - `stage1` to `stage9`: in the stage, before its own work; `after-stage1` to `after-stage9`: in it, after its work
 * - `ready`: the launcher has heard READY, and `run()` is called: before its own work, in the first turn, which belongs to the start
 * - `run`: while `run()` works, after its first turn; an error is one of `run()`, and not of the start
 *
 * In the launcher:
 * - `launcher-locked`: it has the lock, and spawns next; `launcher-spawned`: right after
 * - `launcher-stage1` to `launcher-stage9`: it hears that the daemon's stage is done
 * - `launcher-ready`: it has heard READY, and has not confirmed it to the daemon; `launcher-started`: it has
 */
export type FaultPlace =
  | 'script'
  | `stage${Stage}`
  | `after-stage${Stage}`
  | 'ready'
  | 'run'
  | 'launcher-locked'
  | 'launcher-spawned'
  | `launcher-stage${Stage}`
  | 'launcher-ready'
  | 'launcher-started';

const STAGES: readonly Stage[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Every place, in the order in which a start comes to them, the launcher's last. */
export const PLACES: readonly FaultPlace[] = [
  'script',
  ...STAGES.flatMap((stage) => [`stage${stage}`, `after-stage${stage}`] as const),
  'ready',
  'run',
  'launcher-locked',
  'launcher-spawned',
  ...STAGES.map((stage) => `launcher-stage${stage}` as const),
  'launcher-ready',
  'launcher-started',
];
