import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { endOf, endOfForeground, eventsOf, inForeground, startSubject, textOf, waitForEvent } from '../subject.ts';

const FAILURES = [
  ['throws', 'run threw'],
  ['rejects', 'run rejected'],
  ['uncaught', 'nobody caught this'],
  ['unhandled', 'nobody handled this'],
] as const;

test.each(FAILURES)('%s: to stderr, 1, pid file removed', async (behaviour, message) => {
  const box = sandbox();
  const subject = await inForeground(box, behaviour);
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 1, signal: null });
  expect(textOf(box, 'stderr')).toContain(message);
  expect(eventsOf(box)).toEqual(['run', 'exit 1']);
});

test.each(FAILURES)('%s, with a logger: to the log, with its stack', async (behaviour, message) => {
  const box = sandbox();
  const subject = await inForeground(box, behaviour, { log: true });
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 1 });
  const fatal = textOf(box, 'log')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number; err?: { message: string; stack: string } })
    .filter(({ level }) => level === 60);
  expect(fatal).toEqual([
    expect.objectContaining({ err: expect.objectContaining({ message, stack: expect.stringContaining('life-daemon') }) }),
  ]);
});

test.each(['rejects', 'uncaught'])('%s, detached, after READY: the launcher had its 0, the daemon is gone', async (behaviour) => {
  const box = sandbox();
  const pid = await startSubject(box, behaviour);
  await waitForEvent(box, 'exit 1');
  await endOf(box, pid);
  expect(textOf(box, 'stderr')).not.toBe('');
});

test('a run() that is done and leaves nothing ends the process with 0, and without a word', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'ends-at-once');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0, stderr: '' });
  expect(textOf(box, 'stderr')).toBe('');
});

test('a run() that is done and leaves nothing ends the detached daemon, too', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'ends-at-once', { log: true });
  await endOf(box, pid);
  expect(eventsOf(box)).toEqual(['run', 'exit 0']);
  expect(textOf(box, 'stderr')).toBe('');
  expect(textOf(box, 'log')).toContain('"msg":"run() finished"');
});

test('the exit code that run() has set is kept', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'ends-with-code');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 3 });
});

test('work that run() has left is done before the process ends', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'ends-later');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0 });
  expect(eventsOf(box)).toEqual(['run', 'last timer', 'exit 0']);
  expect(textOf(box, 'stderr')).toBe('');
});

test('while run() is pending the process lives, as a thread does, without anything else to keep it', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'idle');
  await waitForEvent(box, 'run');
  // The other behaviour is done in much less time.
  const other = sandbox();
  const done = await startSubject(other, 'ends-at-once');
  await endOf(other, done);
  expect([isRunning(pid), existsSync(box.path('daemon.pid'))]).toEqual([true, true]);
});
