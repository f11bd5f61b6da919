import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import type { Told } from './told.ts';

async function monitored(how: string) {
  const box = sandbox();
  const { stdout, stderr, code } = await box.launch('start-monitor', { args: [how] });
  expect({ stderr, code }, stdout).toEqual({ stderr: '', code: 0 });
  const [told = '', notes = ''] = stdout.split('\n');
  const left = carriersOf(box.token).filter(isRunning);
  return { told: JSON.parse(told) as Told, notes: JSON.parse(notes) as string[], left, locked: await box.isLocked() };
}

test('monitor() follows pid and output, from the start for every reader, to an end shortly after READY', async () => {
  const { told, notes } = await monitored('progress');
  expect(told).toMatchObject({ ok: true, output: 'one\ntwo\n' });
  expect(notes.filter((note) => !note.startsWith('stage') && !note.startsWith('error'))).toEqual([
    'spawned true',
    `pid ${told.pid}`,
    'first "one\\n"',
    'late "one\\ntwo\\n"',
    'early "one\\ntwo\\n"',
    'ready true',
  ]);
  expect(notes.filter((note) => note.startsWith('stage'))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((stage) => `stage ${stage}`));
  // A child of the daemon still writes to it.
  expect(notes.find((note) => note.startsWith('error'))).toMatch(/^error "oops(\\n)+"$/);
});

test.each([
  ['throws', 'I do not like it'],
  ['rejects', 'not after all'],
])('when monitor() fails (%s) the start is undone, and fails with its error', async (how, message) => {
  const { told, notes, left, locked } = await monitored(how);
  expect(told).toMatchObject({ ok: false, pid: null, failure: { class: 'TypeError', message } });
  expect(notes).not.toContain('ready true');
  expect({ left, locked }).toEqual({ left: [], locked: false });
});

test("the daemon's own failure wins over the error of monitor()", async () => {
  const { told, notes } = await monitored('failing');
  expect(told.failure).toMatchObject({ class: 'StartError', stage: 4, cause: { message: 'the real reason' } });
  expect(notes).toContain('done: StartError');
});

test('monitor() that never returns is a time-out, told as such', async () => {
  const { told, left, locked } = await monitored('never');
  expect(told.failure).toMatchObject({
    class: 'StartTimeoutError',
    message: "Daemon 'watched' was not ready within 5000 ms, although it said so: monitor() did not return; it has been killed",
  });
  expect({ left, locked }).toEqual({ left: [], locked: false });
});

test.each(['early', 'forgets'])('monitor() need not wait for READY: %s', async (how) => {
  const { told, locked } = await monitored(how);
  expect(told).toMatchObject({ ok: true, output: 'one\ntwo\n', error: 'oops\n' });
  expect(locked).toBe(true);
});
