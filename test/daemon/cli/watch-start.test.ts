import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { childrenOf, descriptorsOf, isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** On a busy machine the first moments of a daemon take longer than the watch. */
const LONG_WATCH = { LONG_WATCH: '1' };

test.each([
  ['fails', 1, ', and ended after N ms: RangeError: no configuration\n'],
  ['exits with 3', 1, ', and ended after N ms: it exited with 3\n'],
  ['is killed', 1, ', and ended after N ms\n'],
])('a daemon that %s in its first moments: exit code %i', async (how, code, text) => {
  const box = sandbox();
  for (const verb of ['start', 'restart']) {
    const ended = await box.launch('cli-moments', { args: [box.directory, how, verb], env: LONG_WATCH });
    expect({ ...ended, stderr: ended.stderr.replace(/\d+ ms/, 'N ms') }).toMatchObject({
      code,
      stdout: '',
      stderr: `subject ${verb}ed${text}`,
    });
    expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
    // The line to a process that is killed ends a moment before its lock.
    await until(async () => !(await box.isLocked()), { what: 'the lock to be free' });
  }
});

test('a daemon that finishes during the watch ends the command with 0', async () => {
  const box = sandbox();
  const { code, stdout, stderr } = await box.launch('cli-moments', { args: [box.directory, 'finishes', 'start'], env: LONG_WATCH });
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^subject started, and finished after \d+ ms\n$/), '']);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

test.each([
  ['is busy, and exits with 3', 1],
  ['is busy, and exits with 0', 0],
])('a daemon that %s in its first turn, after its release: code %i, and no file is left', async (how, code) => {
  const box = sandbox();
  const ended = await box.launch('cli-moments', { args: [box.directory, how, 'start'], env: LONG_WATCH });
  expect([ended.code, existsSync(box.path('daemon.pid'))]).toEqual([code, false]);
});

test('a daemon that says by itself when it is ready is believed, and not watched', async () => {
  const box = sandbox();
  const { code, stdout, stderr } = await box.launch('cli-moments', { args: [box.directory, 'says ready and fails', 'start'] });
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^subject started, pid \d+\n$/), '']);
});

test.each([
  ['SIGINT', 130, 'lives'],
  ['SIGTERM', 143, 'lives'],
  ['SIGHUP', 129, 'lives'],
  ['SIGINT', 130, 'output is held'],
] as const)('%s once the daemon is on its own: that it has started is said, and then %i; %s', async (signal, expected, how) => {
  const box = sandbox();
  const subject = box.spawn('cli-moments', { args: [box.directory, how, 'start'], env: LONG_WATCH });
  const pid = await box.readPid();
  // The shell between the two goes when the launcher lets the daemon go; the watch has only begun then.
  await until(() => existsSync(box.path('began')) && childrenOf(subject.pid).length === 0, { what: 'the end of the shell', interval: 1 });
  subject.child.kill(signal);
  const { code, stdout, stderr } = await subject.finished;
  expect([code, stdout.trimStart(), stderr]).toEqual([expected, `subject started, pid ${pid}\n`, '']);
  expect([isRunning(pid), await box.isLocked()]).toEqual([true, true]);
});

test('a daemon that lives is left without the line to its launcher', async () => {
  const box = sandbox();
  expect((await box.launch('cli-moments', { args: [box.directory, 'lives', 'start'] })).code).toBe(0);
  const pid = await box.readPid();
  await until(() => !descriptorsOf(pid).some(({ target }) => target.startsWith('socket:')), { what: 'the end of the line' });
  expect(isRunning(pid)).toBe(true);
});
