import { Daemon } from '@daemonium/daemon';
import { describe, expect, test } from 'vitest';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { behave, expectNothingLeft, launched, PAUSE, pidsThatTold, shells, started, untilState, untilTold } from './subject.ts';

describe.each(shells)('with $name as /bin/sh', (shell) => {
  test.skipIf(shell.missing !== false)(`a crash: it is back, under the same lock${shell.missing || ''}`, async () => {
    const box = sandbox();
    const respawn = { delay: 20 };
    // Somebody has left a pipe open for the launcher, whose reader would wait for its end.
    const surroundings = { shell, descriptors: { 12: 'pipe' as const } };
    const { pid, supervisor, daemon } = await started(box, { respawn, signalMap: { SIGUSR2: 'user2' } }, surroundings);
    expect(await box.readPid()).toBe(supervisor);
    expect(observe(pid).ppid).toBe(supervisor);
    expect(daemon.status()).toMatchObject({ running: true, pid, state: 'running', supervisor, restarts: 0, lastExit: null, nextTry: null });
    // The shell keeps nothing of its launcher's, and no directory.
    const channels = () => observe(supervisor).fds.filter(({ target }) => /^(pipe|socket)/.test(target));
    await until(() => channels().length === 0, { what: 'the end of what came from the launcher' });
    expect(observe(supervisor).cwd).toBe('/');

    expect(daemon.kill('SIGKILL')).toBe(true);
    const second = await untilTold(box, 2);
    await untilState(daemon, 'running');
    expect(daemon.status()).toMatchObject({ pid: second, supervisor, restarts: 1, lastExit: { code: null, signal: 'SIGKILL' } });
    expect(observe(second).ppid).toBe(supervisor);
    expect(lockHolders(box.path('daemon.pid')).sort()).toEqual([supervisor, second].sort());
    expect(
      observe(second)
        .fds.map(({ target }) => target)
        .filter((target) => target.endsWith('daemon.state')),
    ).toEqual([]);
    expect((await launched(box)).stderr).toContain('ERR_ALREADY_LOCKED');

    // Signals sent by hand to the process that the file names arrive at the daemon.
    process.kill(supervisor, 'SIGHUP');
    expect(await untilTold(box, 1, 'reload')).toBe(second);
    daemon.reload();
    expect(await untilTold(box, 2, 'reload')).toBe(second);
    process.kill(supervisor, 'SIGUSR2');
    expect(await untilTold(box, 1, 'user2')).toBe(second);

    expect(await daemon.stop()).toEqual({ pid: second, signal: 'SIGTERM', forced: false });
    expect(pidsThatTold(box, 'end')).toEqual([second]);
    await expectNothingLeft(box);
  });

  test.skipIf(shell.missing !== false)('a pause: the lock stays, the state says so, and a stop leaves nothing', async () => {
    const box = sandbox();
    const { daemon, supervisor } = await started(box, { respawn: { delay: PAUSE } }, { shell });
    daemon.kill('SIGKILL');
    await untilState(daemon, 'waiting');
    const { nextTry, ...status } = daemon.status();
    expect(status).toEqual({
      ...{ running: true, pid: null, since: null, state: 'waiting', supervisor, restarts: 0 },
      lastExit: { code: null, signal: 'SIGKILL' },
      lease: null,
    });
    expect((nextTry as Date).getTime() - Date.now()).toBeGreaterThan(PAUSE / 2);
    expect((nextTry as Date).getTime() - Date.now()).toBeLessThanOrEqual(PAUSE);
    // The child that sleeps closes it right after the fork.
    const holders = () => lockHolders(box.path('daemon.pid')).join();
    await until(() => holders() === String(supervisor), { what: 'the lock, held by the shell alone' });
    expect((await launched(box)).stderr).toContain('ERR_ALREADY_LOCKED');
    // Nobody to get it.
    expect([daemon.kill('SIGUSR2'), daemon.reload()]).toEqual([false, undefined]);
    process.kill(supervisor, 'SIGHUP');
    const [first, second] = await Promise.allSettled([daemon.stop(), daemon.stop()]);
    expect(first).toEqual({ status: 'fulfilled', value: { pid: supervisor, signal: 'SIGTERM', forced: false } });
    // The shell may be gone before the second one looks.
    if (second.status === 'rejected') expect(second.reason).toMatchObject({ code: 'ERR_NOT_RUNNING' });
    expect(pidsThatTold(box)).toHaveLength(1);
    await expectNothingLeft(box);
  });
});

test('when the shell was killed, its daemon runs on, is found, and stopped', async () => {
  const box = sandbox();
  const { pid, supervisor, daemon } = await started(box);
  process.kill(supervisor, 'SIGKILL');
  await until(() => !isRunning(supervisor), { what: "the shell's end" });
  expect(daemon.status()).toMatchObject({ running: true, state: 'running', pid, supervisor: null });
  daemon.reload();
  expect(await untilTold(box, 1, 'reload')).toBe(pid);
  expect(await daemon.stop()).toEqual({ pid, signal: 'SIGTERM', forced: false });
  await expectNothingLeft(box);
});

test('another holder of the lock is not taken for the daemon of a shell that is gone', async () => {
  const box = sandbox();
  const { pid, supervisor, daemon } = await started(box);
  for (const each of [supervisor, pid]) process.kill(each, 'SIGKILL');
  await until(async () => !(await box.isLocked()), { what: 'their end' });
  const stranger = box.spawn(box.path('daemon.pid'), { executable: 'flock', args: ['sleep', '60'] });
  await until(() => box.isLocked(), { what: "the stranger's lock" });
  expect(daemon.status()).toMatchObject({ running: true, pid: null, supervisor: null });
  await expect(daemon.stop()).rejects.toMatchObject({ code: 'ERR_HOLDER_UNPROVED' });
  expect(isRunning(stranger.pid)).toBe(true);
});

test('a daemon that is stopped by SIGSTOP, and its shell, too: both are killed', async () => {
  const box = sandbox();
  const { pid, supervisor, daemon } = await started(box);
  process.kill(pid, 'SIGSTOP');
  expect(await daemon.stop({ timeout: 50 })).toEqual({ pid, signal: 'SIGKILL', forced: true });
  await expectNothingLeft(box);
  await until(() => !isRunning(supervisor), { what: "the shell's end" });
  const again = await started(box);
  process.kill(again.supervisor, 'SIGSTOP');
  expect(await again.daemon.stop({ timeout: 50 })).toEqual({ pid: again.pid, signal: 'SIGKILL', forced: true });
  await expectNothingLeft(box);
});

test('a restart works during a pause', async () => {
  const box = sandbox();
  const { daemon, supervisor } = await started(box, { respawn: { delay: PAUSE } });
  daemon.kill('SIGKILL');
  await untilState(daemon, 'waiting');
  const again = await started(box, {}, { env: { VERB: 'restart' } });
  expect(again.supervisor).not.toBe(supervisor);
  expect(again.daemon.status()).toMatchObject({ state: 'running', restarts: 0, lastExit: null });
  await again.daemon.stop();
});

test('SIGHUP while Node.js boots is not lost, and ends nothing', async () => {
  const box = sandbox();
  const { daemon, supervisor } = await started(box, { respawn: { delay: 0 } });
  behave(box, 'hang 300');
  daemon.kill('SIGKILL');
  // From the first moment that there is a process, which is a shell then, until its script runs.
  await until(
    () => {
      process.kill(supervisor, 'SIGHUP');
      return pidsThatTold(box, 'boot').length > 0;
    },
    { what: 'the boot of the second run', interval: 1 },
  );
  const second = await untilTold(box, 2);
  expect(await untilTold(box, 1, 'reload')).toBe(second);
  expect(daemon.status()).toMatchObject({ pid: second, restarts: 1 });
  await daemon.stop();
  await expectNothingLeft(box);
});

test('a start that fails is an error, and no loop', async () => {
  const box = sandbox();
  behave(box, 'throw once');
  const { stderr, code } = await launched(box, { respawn: { delay: 0 } });
  expect({ stderr, code }).toEqual({ stderr: expect.stringMatching(/StartError: .* failed in run\(\): Error: once/), code: 1 });
  expect(pidsThatTold(box)).toHaveLength(1);
  await expectNothingLeft(box);
});

test("under 'always' work that is done in the first turn of run() is done again", async () => {
  const box = sandbox();
  behave(box, 'exit 0');
  const { daemon } = await started(box, { respawn: { on: 'always', delay: PAUSE } });
  await untilState(daemon, 'waiting');
  expect(daemon.status()).toMatchObject({ lastExit: { code: 0, signal: null } });
  await daemon.stop();
  await expectNothingLeft(box);
});

test('activate(): the script goes on in each run', async () => {
  const box = sandbox();
  const options = { pidFile: box.path('daemon.pid'), detach: true, respawn: { delay: 0 }, how: 'activate' };
  expect((await box.launch('life-daemon', { args: ['idle', box.directory, JSON.stringify(options)] })).code).toBe(0);
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  daemon.kill('SIGKILL');
  await until(() => daemon.status().restarts === 1 && daemon.status().pid !== null, { what: 'the second run' });
  await daemon.stop();
  await expectNothingLeft(box);
});

test('a launcher that lives on: its object means the daemon of now', async () => {
  const box = sandbox();
  const daemon = new Daemon({
    ...{ pidFile: box.path('daemon.pid'), detach: true, respawn: { delay: 0 }, env: box.tokenEnv },
    target: new URL('../../fixtures/dist/module-waits.js', import.meta.url),
  });
  await daemon.start();
  const first = daemon.pid as number;
  daemon.kill('SIGKILL');
  await until(() => daemon.status().restarts === 1 && daemon.pid !== null, { what: 'the next run' });
  expect(daemon.pid).not.toBe(first);
  await daemon[Symbol.asyncDispose]();
  await expectNothingLeft(box);
});
