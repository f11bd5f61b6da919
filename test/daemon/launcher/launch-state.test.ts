import { expect, test } from 'vitest';
import { type LaunchEvent, LaunchState, type LaunchStateName, TRANSITIONS } from '../../../packages/daemon/src/launcher/launch-state.ts';

const STATES = Object.keys(TRANSITIONS) as LaunchStateName[];
const EVENTS: readonly LaunchEvent[] = ['spawn', 'ready', 'go', 'commit', 'release', 'undo'];
const FINAL: readonly LaunchStateName[] = ['released', 'undone'];

/** Every sequence of events up to this length, and the states that it passes. */
function walks(length: number): Array<readonly [events: LaunchEvent[], passed: LaunchStateName[]]> {
  if (length === 0) return [[[], ['spawning']]];
  return walks(length - 1).flatMap(([events]) =>
    EVENTS.map((event) => {
      const state = new LaunchState();
      const all = [...events, event];
      const passed: LaunchStateName[] = [state.name];
      for (const each of all) {
        state.on(each);
        passed.push(state.name);
      }
      return [all, passed] as const;
    }),
  );
}

test('the usual start goes through all states but one', () => {
  const state = new LaunchState();
  expect((['spawn', 'ready', 'go', 'commit', 'release'] as const).map((event) => [state.on(event), state.name])).toEqual([
    [true, 'reporting'],
    [true, 'ready'],
    [true, 'working'],
    [true, 'committing'],
    [true, 'released'],
  ]);
});

test('activate() and waitForReady are released at READY', () => {
  const state = new LaunchState();
  for (const event of ['spawn', 'ready', 'commit', 'release'] as const) state.on(event);
  expect(state.name).toBe('released');
});

test('every state that is not final can be undone, and no final state changes any more', () => {
  for (const name of STATES) {
    expect(TRANSITIONS[name].undo).toBe(FINAL.includes(name) ? undefined : 'undone');
    if (FINAL.includes(name)) expect(TRANSITIONS[name]).toEqual({});
  }
});

test('no sequence of events releases a daemon that was undone, undoes one that was released, or releases one that was not ready', () => {
  const all = walks(5);
  expect(all.some(([, passed]) => passed.includes('released'))).toBe(true);
  for (const [events, passed] of all) {
    const end = passed.findIndex((name) => FINAL.includes(name));
    if (end !== -1) expect(new Set(passed.slice(end)), events.join()).toEqual(new Set([passed[end]]));
    if (passed.includes('released')) expect(passed, events.join()).toContain('ready');
  }
});

test('an event that comes too late or too early changes nothing, and says so', () => {
  const state = new LaunchState();
  expect([state.on('release'), state.on('go'), state.name]).toEqual([false, false, 'spawning']);
  state.on('undo');
  expect([state.on('spawn'), state.on('undo'), state.name]).toEqual([false, false, 'undone']);
});
