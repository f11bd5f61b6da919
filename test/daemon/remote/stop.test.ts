import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { PidLockFile } from '@daemonium/core';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import type { Launched } from '../../helpers/launch.ts';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { descriptorsOf, isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { failureOf, toldBy } from '../launcher/told.ts';
import { ask, endOf, eventsOf, startSubject, waitForEvent } from '../subject.ts';

test('from any process: status, SIGTERM to the holder, back when lock and process are gone', async () => {
  const box = sandbox();
  const before = Date.now();
  const pid = await startSubject(box, 'cleans-up');
  const { value } = await ask(box, 'status');
  expect(value).toEqual({
    ...{ running: true, pid, since: expect.any(String), state: 'running' },
    ...{ supervisor: null, restarts: null, lastExit: null, nextTry: null, lease: null },
  });
  const since = Date.parse((value as { since: string }).since);
  // The kernel tells when it booted in whole seconds.
  expect([since > before - 1_200, since < Date.now() + 200]).toEqual([true, true]);
  expect((await ask(box, 'stop')).value).toEqual({ pid, signal: 'SIGTERM', forced: false });
  await endOf(box, pid);
  expect(eventsOf(box)).toEqual(['run', 'cleaning up', 'clean', 'exit 0']);
  expect(await ask(box, 'stop')).toMatchObject({ name: 'NotRunningError', code: 'ERR_NOT_RUNNING', isDaemonError: true });
  expect((await ask(box, 'status')).value).toMatchObject({ running: false, pid: null, since: null });
});

test('a free lock is not the end of its process, which may still have its port', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'lingers-at-exit');
  await waitForEvent(box, 'run');
  expect(await new Daemon({ pidFile: box.path('daemon.pid') }).stop()).toEqual({ pid, signal: 'SIGTERM', forced: false });
  expect(isRunning(pid)).toBe(false);
});

test('the end of its main thread is not the end of its process either: with another thread that lives it has its port', async () => {
  const box = sandbox();
  writeFileSync(box.path('daemon.pid.go'), '');
  const holder = box.spawn('lock-leader-exits', { args: [box.path('daemon.pid')] });
  await until(() => holder.stdout.includes('held'), { what: `the holder; ${holder.stderr}` });
  expect(await new Daemon({ pidFile: box.path('daemon.pid') }).stop()).toEqual({ pid: holder.pid, signal: 'SIGTERM', forced: false });
  expect(isRunning(holder.pid)).toBe(false);
});

test('the file of a daemon that was killed goes with the next stop, which says that nothing ran', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'cleans-up');
  process.kill(pid, 'SIGKILL');
  await until(async () => !(await box.isLocked()), { what: 'the lock' });
  expect(readFileSync(box.path('daemon.pid'), 'utf8')).toBe(`${pid}\n`);
  expect(await ask(box, 'stop')).toMatchObject({ code: 'ERR_NOT_RUNNING', message: expect.stringMatching(/daemon that has ended$/) });
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
  // One that nobody could trust is left.
  writeFileSync(box.path('daemon.pid'), `${pid}\n`);
  chmodSync(box.path('daemon.pid'), 0o666);
  expect(await ask(box, 'stop')).toMatchObject({ name: 'NotRunningError' });
  expect(readFileSync(box.path('daemon.pid'), 'utf8')).toBe(`${pid}\n`);
});

test('two stops, one a little after the other: the clean-up comes to its end, and both report it', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'cleans-up-when-told', { stopTimeout: 20_000 });
  const first = ask(box, 'stop', { timeout: 20_000 });
  await waitForEvent(box, 'asked to end');
  const second = ask(box, 'stop', { timeout: 20_000 });
  await waitForEvent(box, 'SIGTERM again');
  writeFileSync(box.path('go-on'), '');
  const ended = { pid, signal: 'SIGTERM', forced: false };
  expect([(await first).value, (await second).value]).toEqual([ended, ended]);
  await endOf(box, pid);
  expect(eventsOf(box)).toEqual(['run', 'asked to end', 'SIGTERM again', 'cleaned up', 'exit 0']);
});

test('a daemon that ignores SIGTERM is killed, not before 500 ms after the time given', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'idle', { signalMap: { SIGTERM: null } });
  const { value, milliseconds } = await ask(box, 'stop', { timeout: 300 });
  expect(value).toEqual({ pid, signal: 'SIGKILL', forced: true });
  expect(milliseconds).toBeGreaterThan(795);
  expect([isRunning(pid), await box.isLocked()]).toEqual([false, false]);
});

test('a daemon that is stopped by SIGSTOP, and cannot hear SIGTERM, is killed after the same time', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'cleans-up');
  process.kill(pid, 'SIGSTOP');
  expect((await ask(box, 'stop', { timeout: 0 })).value).toEqual({ pid, signal: 'SIGKILL', forced: true });
  expect(isRunning(pid)).toBe(false);
});

test('a handler that takes its time is not killed before its time is over', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'busy-handler');
  await waitForEvent(box, 'run');
  expect((await ask(box, 'stop', { timeout: 20_000 })).value).toEqual({ pid, signal: 'SIGTERM', forced: false });
  expect(eventsOf(box)).toEqual(['run', 'clean', 'exit 0']);
});

test('the default is the option stopTimeout', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'never-ends', { stopTimeout: 60_000 });
  await waitForEvent(box, 'run');
  const result = await new Daemon({ pidFile: box.path('daemon.pid'), stopTimeout: 100 }).stop();
  expect(result).toEqual({ pid, signal: 'SIGKILL', forced: true });
});

test('a daemon that ends itself when its own time is over is not killed', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'never-ends', { stopTimeout: 300 });
  await waitForEvent(box, 'run');
  const began = performance.now();
  expect(await new Daemon({ pidFile: box.path('daemon.pid') }).stop()).toEqual({ pid, signal: 'SIGTERM', forced: false });
  expect(performance.now() - began).toBeGreaterThan(295);
  expect(eventsOf(box).at(-1)).toBe('exit 1');
});

test('a stop fails when a child keeps the lock, although the daemon is gone', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'child-keeps-lock');
  await until(() => eventsOf(box).length === 2, { what: 'the child' });
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  // A release removes the file, and this lock goes on without one: what is left is a file that names a dead process.
  const copy = readFileSync(box.path('daemon.pid'), 'utf8');
  expect(copy).toBe(`${pid}\n`);
  process.kill(pid, 'SIGKILL');
  await until(() => !isRunning(pid), { what: 'its end' });
  expect([await box.isLocked(), daemon.isAlive()]).toEqual([true, true]);
  await expect(daemon.stop()).rejects.toMatchObject({ code: 'ERR_HOLDER_UNPROVED' });
  await expect(daemon.join({ timeout: 100 })).resolves.toBe(false);
});

test('a process that ends while its child keeps the lock: ERR_STOP_TIMEOUT', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'child-keeps-lock', { signalMap: { SIGTERM: null } });
  await until(() => eventsOf(box).length === 2, { what: 'the child' });
  const stopped = new Daemon({ pidFile: box.path('daemon.pid') }).stop({ timeout: 300 });
  // Killed, it leaves its file.
  process.kill(pid, 'SIGKILL');
  await expect(stopped).rejects.toMatchObject({ name: 'StopTimeoutError', code: 'ERR_STOP_TIMEOUT', pid });
  expect(await box.isLocked()).toBe(true);
});

test('another process starts the next daemon at once: the stop succeeds all the same, and the next daemon lives', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'cleans-up');
  await waitForEvent(box, 'run');
  const next = new PidLockFile(box.path('daemon.pid'));
  const taken = next.acquire({ timeout: 20_000 }).then(() => next.seal());
  // It does not wait for the next one, which lives on.
  const result = await new Daemon({ pidFile: box.path('daemon.pid') }).stop({ timeout: 600_000 });
  expect(result).toEqual({ pid, signal: 'SIGTERM', forced: false });
  await taken;
  expect(next.isPrimary()).toBe(true);
  next.release();
});

/** A daemon that is asked to end, and takes until there is a file `go`. */
const startPatient = (box: Sandbox) => box.launch('stop-when-told', { args: [box.directory, 'start'] });

test('a start while a stop is under way changes nothing, and works when the stop is done', async () => {
  const box = sandbox();
  const { pid } = toldBy(await startPatient(box));
  const stopped = ask(box, 'stop', { timeout: 20_000 });
  await waitForEvent(box, 'asked to end');
  // The daemon holds the lock until there is the file, so this start has not waited for it.
  const { class: name, properties } = failureOf(await startPatient(box));
  expect([name, properties['pid']]).toEqual(['AlreadyLockedError', pid]);
  expect([isRunning(pid as number), await box.readPid(), await box.isLocked()]).toEqual([true, pid, true]);
  writeFileSync(box.path('go'), '');
  expect((await stopped).value).toEqual({ pid, signal: 'SIGTERM', forced: false });
  expect([isRunning(pid as number), existsSync(box.path('daemon.pid'))]).toEqual([false, false]);
  const next = toldBy(await startPatient(box));
  expect(next).toMatchObject({ ok: true, pid: await box.readPid() });
  expect((await ask(box, 'stop')).value).toEqual({ pid: next.pid, signal: 'SIGTERM', forced: false });
});

test('two restarts at once: one daemon, and one of them is told that the other was first', async () => {
  const box = sandbox();
  const pid = toldBy(await startPatient(box)).pid as number;
  writeFileSync(box.path('go'), '');
  // Stopped, it keeps both of them waiting for its end. They watch the pid file for that, once they have signalled, and not before.
  process.kill(pid, 'SIGSTOP');
  const restarts = [1, 2].map(() => box.spawn('stop-when-told', { args: [box.directory, 'restart'] }));
  const waits = (launcher: Launched) => descriptorsOf(launcher.pid).some(({ target }) => target.includes('inotify'));
  await until(() => restarts.every(waits), { what: 'two that wait for the end' });
  process.kill(pid, 'SIGCONT');
  const [first, second] = (await Promise.all(restarts.map(({ finished }) => finished)))
    .map(toldBy)
    .toSorted((a, b) => Number(b.ok) - Number(a.ok));
  expect([first?.ok, second?.failure?.class]).toEqual([true, 'AlreadyLockedError']);
  expect(first?.pid).not.toBe(pid);
  expect(carriersOf(box.token).filter(isRunning)).toEqual([first?.pid]);
  expect([await box.readPid(), lockHolders(box.path('daemon.pid'))]).toEqual([first?.pid, [first?.pid]]);
});

test('a daemon whose pid file was removed is not found, and not signalled', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'cleans-up');
  rmSync(box.path('daemon.pid'));
  expect(await ask(box, 'stop')).toMatchObject({ name: 'NotRunningError', message: expect.stringContaining('no pid file') });
  expect([isRunning(pid), eventsOf(box).includes('cleaning up')]).toEqual([true, false]);
});

test('a start in progress is not signalled', async () => {
  const box = sandbox();
  const launcher = box.spawn('life-slow-stage', { args: [box.directory] });
  await waitForEvent(box, 'stage 4');
  expect(await ask(box, 'stop')).toMatchObject({ name: 'NotRunningError', code: 'ERR_HOLDER_UNPROVED' });
  expect((await ask(box, 'status')).value).toMatchObject({ running: true, pid: null, since: null });
  writeFileSync(box.path('go'), '');
  expect((await launcher.finished).code).toBe(0);
});

test('two stops at once: both resolve, and no process is killed', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'cleans-up');
  const answers = await Promise.all([ask(box, 'stop'), ask(box, 'stop')]);
  for (const { value, name } of answers) {
    if (name === undefined) expect(value).toEqual({ pid, signal: 'SIGTERM', forced: false });
    else expect(name).toBe('NotRunningError');
  }
  await endOf(box, pid);
});

test('the calls check their options', async () => {
  const daemon = new Daemon({ pidFile: '/nonexistent/x.pid' });
  for (const [timeout, code] of [
    [-1, 'ERR_OPTION_RANGE'],
    [Number.NaN, 'ERR_OPTION_RANGE'],
    ['5', 'ERR_OPTION_TYPE'],
    [null, 'ERR_OPTION_TYPE'],
  ] as const) {
    await expect(daemon.stop({ timeout } as never)).rejects.toMatchObject({ name: 'OptionError', option: 'timeout', code });
    await expect(daemon.join({ timeout } as never)).rejects.toMatchObject({ name: 'OptionError', option: 'timeout', code });
  }
  for (const signal of ['SIGBOGUS', 'TERM', 'sigterm', '15', '', 65, -1, 1.5, Number.NaN, null, {}]) {
    expect(() => daemon.kill(signal as never), String(signal)).toThrow(expect.objectContaining({ name: 'OptionError', option: 'signal' }));
  }
  await expect(new Daemon({ pidFile: '/nonexistent/x.pid', stopTimeout: -1 }).stop()).rejects.toMatchObject({ option: 'stopTimeout' });
});

test('kill() sends the given signal, and reload() SIGHUP', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'idle', { signalMap: { SIGUSR2: 'onUser2' } });
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  expect(daemon.kill('SIGUSR2')).toBe(true);
  await waitForEvent(box, 'method SIGUSR2');
  daemon.reload();
  await waitForEvent(box, 'reload');
  expect([daemon.kill(0), isRunning(pid)]).toEqual([true, true]);
  const joined = daemon.join();
  daemon.terminate();
  expect(await joined).toBe(true);
  await endOf(box, pid);
  expect(() => daemon.kill('SIGUSR2')).toThrow(expect.objectContaining({ code: 'ERR_NOT_RUNNING' }));
  expect(() => daemon.reload()).toThrow(expect.objectContaining({ code: 'ERR_NOT_RUNNING' }));
  expect(await daemon.join({ timeout: 0 })).toBe(true);
});

test('restart() checks the options before it stops anything', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'idle');
  // This file has nothing to run, and a test's worker could not run again either.
  expect(await ask(box, 'restart')).toMatchObject({ name: 'DaemonError', code: 'ERR_NOTHING_TO_RUN' });
  expect(isRunning(pid)).toBe(true);
});

test('status() never throws', () => {
  const box = sandbox();
  for (const pidFile of [
    '',
    5,
    {},
    '/\0',
    box.path('none', 'x.pid'),
    box.directory,
    '/proc/self/mem',
    '/dev/zero',
    `/${'x'.repeat(300)}`,
  ]) {
    const daemon = new Daemon({ pidFile } as never);
    expect([daemon.status(), daemon.isAlive()]).toMatchObject([{ running: false, pid: null, since: null }, false]);
  }
});

test('status() all the time makes no start fail', async () => {
  const box = sandbox();
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  let over = false;
  let looks = 0;
  const looking = (async () => {
    for (; !over; looks++) {
      daemon.status();
      if (looks % 20 === 0) await pause(0);
    }
  })();
  for (let round = 0; round < 4 || looks < 1000; round++) {
    const pid = await startSubject(box, 'idle');
    process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(pid) && !existsSync(box.path('daemon.pid')), { what: 'its end' });
  }
  over = true;
  await looking;
});

test('a signal that came when an upgrade was just over goes on to the successor, and not to another process that has waited for the lock', async () => {
  const box = sandbox();
  const old = box.spawn('succession-late', { args: ['heir'] });
  const heir = Number(await until(() => /^\d+\n$/.exec(old.stdout)?.[0], { what: 'the successor' }));
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  expect(await daemon.stop()).toEqual({ pid: heir, signal: 'SIGTERM', forced: false });
  expect([isRunning(old.pid), isRunning(heir), existsSync(box.path('daemon.pid'))]).toEqual([false, false, false]);

  const first = box.spawn('succession-late', { args: ['waits'] });
  await until(() => daemon.status().pid === first.pid, { what: 'the first holder' });
  const second = box.spawn('succession-late', { args: ['waits'] });
  await until(() => second.stdout.includes('waits'), { what: 'the second, which waits' });
  expect(await daemon.stop()).toEqual({ pid: first.pid, signal: 'SIGTERM', forced: false });
  await until(() => daemon.status().pid === second.pid, { what: 'the second holder' });
  expect(isRunning(second.pid)).toBe(true);
});
