import { existsSync, lstatSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { isRunning } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';

/** No account's, and no other run's. */
const SOMEBODY = 1_500_000_000 + process.pid;

const pidOf = (text: string): number => Number(/pid (\d+)/.exec(text)?.[1] ?? 0);

async function wholeLife(box: Sandbox, name: string, user: { uid?: number; gid?: number }): Promise<void> {
  const run = (verb: string, cwd: string) =>
    box.launch('life-control', {
      args: [box.directory, 'default-pid-file', verb],
      cwd,
      env: { SUBJECT_NAME: name, HOME: '/nonexistent' },
      ...user,
    });
  const started = await run('start', '/');
  expect(started).toMatchObject({ code: 0, stderr: '' });
  const pid = pidOf(started.stdout);
  expect(isRunning(pid)).toBe(true);
  expect(await run('start', '/usr')).toMatchObject({ code: 0, stdout: `${name} is already running, pid ${pid}\n` });
  expect(await run('status', '/usr')).toMatchObject({ code: 0, stdout: expect.stringContaining(`pid ${pid}`) });
  expect(await run('reload', '/usr')).toMatchObject({ code: 0 });
  const restarted = await run('restart', '/usr');
  expect([restarted.code, restarted.stderr, isRunning(pid)]).toEqual([0, '', false]);
  const second = pidOf(restarted.stdout);
  expect(await run('stop', '/tmp')).toMatchObject({ code: 0, stdout: `${name} stopped, pid ${second}\n` });
  expect(isRunning(second)).toBe(false);
  expect(await run('status', '/')).toMatchObject({ code: 3, stdout: `${name} is not running\n` });
}

test.skipIf(notRoot)('root: every verb finds it, from any directory', async () => {
  const box = sandbox();
  const name = `daemonium-test-${process.pid}`;
  await wholeLife(box, name, {});
  expect(existsSync(`/run/${name}.pid`)).toBe(false);
});

test.skipIf(notRoot)('a user without an account: the same, in a directory of its own', async ({ onTestFinished }) => {
  const box = sandbox();
  const directory = `/tmp/daemonium-${SOMEBODY}`;
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const asked = await box.launch('life-control', {
    args: [box.directory, 'default-pid-file', 'status'],
    uid: SOMEBODY,
    gid: SOMEBODY,
  });
  expect([asked.code, existsSync(directory)]).toEqual([3, false]);
  await wholeLife(box, 'subject', { uid: SOMEBODY, gid: SOMEBODY });
  const { mode, uid } = lstatSync(directory);
  expect([mode & 0o7777, uid]).toEqual([0o700, SOMEBODY]);
});
