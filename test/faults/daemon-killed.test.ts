import { existsSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { isRunning, observe } from '../helpers/observe.ts';
import { fixture, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { expectNextStartWorks, expectNothingLeft } from './invariants.ts';
import { killDaemonAt, PLACES } from './killed.ts';

// After the work of the stages in between it is the same as before the next one; test/soak has them all.
const SOME = PLACES.filter(([place]) => !place.startsWith('after-') || /[69]/.test(place));

const NOBODY = 65_534;

test.each(SOME)('SIGKILL of the daemon: %s', (...place) => killDaemonAt(place));

test('SIGKILL of the daemon in the first turn of run(): the start has failed', async () => {
  const box = sandbox();
  const { code, stdout } = await box.launch('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: 'ready=SIGKILL' } });
  expect([code, stdout.includes('started')]).toEqual([1, false]);
  await expectNothingLeft(box);
  await expectNextStartWorks(box);
});

test('SIGKILL of the daemon behind the first turn of run(): it was started, and is gone', async () => {
  const box = sandbox();
  const { code, stdout } = await box.launch('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: 'run=SIGKILL' } });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\nstarted \d+\n$/) });
  await expectNothingLeft(box);
  await expectNextStartWorks(box);
});

test('a daemon killed in stage 6 leaves nothing that hinders the next start', async () => {
  const box = sandbox();
  await box.launch('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: 'after-stage6=SIGKILL' } });
  await expectNextStartWorks(box);
});

test.skipIf(notRoot)('SIGKILL of a daemon that has given up root in stage 3', async () => {
  const box = sandbox();
  const daemon = new Daemon({
    target: fixture('fault-module'),
    name: 'Server',
    detach: true,
    pidFile: box.path('daemon.pid'),
    user: NOBODY,
    group: NOBODY,
    env: { ...box.tokenEnv, DAEMONIUM_FAULT: 'after-stage3=hang' },
    startTimeout: 20_000,
  });
  const start = daemon.start().catch((error: unknown) => error);
  const pid = await until(() => daemon.pid, { what: 'the process of the daemon' });
  await until(() => observe(pid).uids.every((uid) => uid === NOBODY), { what: 'its new user' });
  process.kill(pid, 'SIGKILL');
  expect(await start).toMatchObject({ name: 'StartError', stage: 3, signal: 'SIGKILL', exitCode: null });
  await expectNothingLeft(box);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
  await expectNextStartWorks(box);
});

test('after a crash of the machine the pid may be some other process: the start works, and that process is left alone', async () => {
  const box = sandbox();
  const { pid } = box.spawn('30', { executable: 'sleep' });
  writeFileSync(box.path('daemon.pid'), `${pid}\n`);
  const { code, stdout } = await box.launch('fault-daemon', { args: [box.path('daemon.pid')] });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\nstarted \d+\n$/) });
  expect(await box.readPid()).not.toBe(pid);
  await new Daemon({ pidFile: box.path('daemon.pid') }).stop();
  expect(isRunning(pid)).toBe(true);
});

test('kill -9 and start at once, in one shell', async () => {
  const box = sandbox();
  const start = `'${process.execPath}' '${fixture('fault-daemon')}' '${box.path('daemon.pid')}'`;
  const shell = `${start} && for i in 1 2 3; do kill -9 $(cat daemon.pid) && ${start} || exit 1; done`;
  const { code, stdout } = await box.launch('', { executable: '/bin/sh', args: ['-c', shell] });
  expect(code).toBe(0);
  expect(stdout.match(/^started \d+$/gm)).toHaveLength(4);
  await box.reap();
  await until(async () => !(await box.isLocked()), { what: 'a free lock' });
});
