import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { endOf, endOfForeground, eventsOf, inForeground, startSubject, textOf, waitForEvent } from '../subject.ts';

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a daemon without listeners at once, with 0', async (signal) => {
  const box = sandbox();
  const subject = await inForeground(box, 'idle');
  subject.child.kill(signal);
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(eventsOf(box)).toEqual(['run', 'exit 0']);
});

test.each([
  ['cleans-up', ['run', 'cleaning up', 'clean', 'exit 0']],
  ['listens-to-terminate', ['run', 'terminate', 'clean', 'exit 0']],
  ['awaits-with-signal', ['run', 'exit 0']],
  ['throws-reason', ['run', 'exit 0']],
])('%s: run() has its time, and the process ends with 0 when it has settled', async (behaviour, events) => {
  const box = sandbox();
  const subject = await inForeground(box, behaviour);
  subject.child.kill('SIGTERM');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0, signal: null });
  expect(eventsOf(box)).toEqual(events);
  expect(textOf(box, 'stderr')).toBe('');
});

test('the time is over: it ends with 1, and the log says why', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'never-ends', { stopTimeout: 300 });
  const before = performance.now();
  subject.child.kill('SIGTERM');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 1, signal: null });
  expect(performance.now() - before).toBeGreaterThan(295);
  expect(textOf(box, 'stderr')).toContain('did not end within 300 ms');
});

test('run() had settled, and a server stays open: 0 when the time is over, and the log names it', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'settled-and-stays-open', { stopTimeout: 300, sign: 'open' });
  subject.child.kill('SIGTERM');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0, signal: null });
  expect(textOf(box, 'stderr')).toMatch(/^the process did not end within 300 ms of being asked to; still open: .*TCPServerWrap.*\n$/);
});

test('the exit code that the program has set is kept when the time is over', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'settled-and-stays-open', { stopTimeout: 300, sign: 'open', exitCode: 5 });
  subject.child.kill('SIGTERM');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 5, signal: null });
});

test('a second SIGTERM changes nothing while run() is at it', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'cleans-up-when-told', { stopTimeout: 20_000 });
  subject.child.kill('SIGTERM');
  await waitForEvent(box, 'asked to end');
  subject.child.kill('SIGTERM');
  await waitForEvent(box, 'SIGTERM again');
  writeFileSync(box.path('go-on'), '');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0, signal: null });
  expect(eventsOf(box)).toEqual(['run', 'asked to end', 'SIGTERM again', 'cleaned up', 'exit 0']);
});

test('a second SIGINT, which is a person at a terminal, ends it at once, with 1', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'never-ends', { stopTimeout: 20_000 });
  subject.child.kill('SIGINT');
  await waitForEvent(box, 'asked to end');
  subject.child.kill('SIGINT');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 1, signal: null });
  expect(eventsOf(box)).toEqual(['run', 'asked to end', 'exit 1']);
});

test('a run() that fails when it is to end: logged, 1', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'fails-at-shutdown');
  subject.child.kill('SIGTERM');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 1 });
  expect(textOf(box, 'stderr')).toContain('could not clean up');
});

test('run() has settled, and something is open: a reader of shutdown closes it, and the process ends by itself', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'settled-and-open', { sign: 'open' });
  subject.child.kill('SIGTERM');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0 });
  expect(eventsOf(box)).toEqual(['run', 'open', 'aborted', 'exit 0']);
});

test('the detached daemon ends by the same rules: the pid file goes, and so does the lock', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'cleans-up');
  await waitForEvent(box, 'run');
  process.kill(pid, 'SIGTERM');
  await endOf(box, pid);
  expect(eventsOf(box)).toEqual(['run', 'cleaning up', 'clean', 'exit 0']);
});

test.each([
  [false, 'holding'],
  [true, 'holding'],
  [true, true],
])('lines that the logger holds back are on disk before the end; shutdown asked for: %s, logger: %s', async (asked, log) => {
  const box = sandbox();
  const subject = await inForeground(box, asked ? 'keeps-log-back' : 'idle', { log, ...(asked ? { sign: 'logged' } : {}) });
  subject.child.kill('SIGTERM');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 0 });
  const lines = readFileSync(box.path('log'), 'utf8').trimEnd().split('\n');
  const own = lines.filter((line) => JSON.parse(line).msg === 'a line');
  expect(own.length).toBe(asked ? 10_000 : 0);
  expect(lines.some((line) => JSON.parse(line).msg === 'stage 9 done')).toBe(true);
});

test('the rules of termination are the same after activate()', async () => {
  const box = sandbox();
  const idle = await inForeground(box, 'idle', { how: 'activate', sign: 'activated' });
  idle.child.kill('SIGTERM');
  expect(await endOfForeground(box, idle)).toMatchObject({ code: 0 });
  const other = sandbox();
  const never = await inForeground(other, 'never-ends', { how: 'activate', sign: 'activated', stopTimeout: 300 });
  never.child.kill('SIGTERM');
  expect(await endOfForeground(other, never)).toMatchObject({ code: 1 });
  expect(eventsOf(other)).toEqual(['activated', 'asked to end', 'exit 1']);
});

test.skipIf(notRoot)('as pid 1 of a pid namespace, where SIGTERM has no default action', async () => {
  const box = sandbox();
  const subject = box.spawn('--pid', {
    executable: 'unshare',
    args: ['--fork', '--mount-proc', '--kill-child', process.execPath, fixture('life-daemon'), 'idle', box.directory, '{"detach":"auto"}'],
  });
  await waitForEvent(box, 'run');
  expect(textOf(box, 'daemon.pid')).toBe('1\n');
  const inside = await until(() => childOf(subject.pid), { what: 'the process' });
  process.kill(inside, 'SIGTERM');
  expect(await subject.finished).toMatchObject({ code: 0, stderr: '' });
  expect(eventsOf(box)).toEqual(['run', 'exit 0']);
});

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}
