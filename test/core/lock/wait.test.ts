import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { PidLockFile, waitUntilFree } from '@daemonium/core';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { holdLock, kill } from '../hold.ts';

test('a waiter gets the lock when it is released, and when its holder is killed', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  for (const how of ['release', 'kill'] as const) {
    const holder = await holdLock(box, path);
    const waiter = box.spawn(fixture('lock-wait'), { args: [path] });
    await until(() => observe(waiter.pid).fds.some(({ target }) => target.includes('inotify')), { what: 'the waiter to watch' });
    const started = performance.now();
    if (how === 'kill') holder.child.kill('SIGKILL');
    else holder.child.stdin?.write('release\n');
    const { stdout } = await waiter.finished;
    expect(stdout).toContain('taken');
    // Not only at the end of its ten seconds.
    expect(performance.now() - started).toBeLessThan(4000);
    await holder.finished;
  }
});

test('waiting keeps no processor busy and ends when the time is over', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  await holdLock(box, path);
  const { stdout } = await box.launch('lock-wait', { args: [path, '1500'] });
  const [, name, after] = /^(\w+) after ([\d.]+)$/m.exec(stdout) ?? [];
  expect(name).toBe('AlreadyLockedError');
  expect(Number(after)).toBeGreaterThan(1400);
  expect(Number(after)).toBeLessThan(5000);
  expect(Number(/^cpu ([\d.]+)$/m.exec(stdout)?.[1])).toBeLessThan(500);
});

test('-1 and 0 conclude at once; the time-out of the object and of the call', async () => {
  const path = sandbox().path('x.pid');
  using _holder = new PidLockFile(path).seal();
  const took = async (lock: PidLockFile, options?: { timeout?: number }): Promise<number> => {
    const started = performance.now();
    await expect(lock.acquire(options)).rejects.toThrow('held by pid');
    return performance.now() - started;
  };
  expect(await took(new PidLockFile(path))).toBeLessThan(2000);
  expect(await took(new PidLockFile(path, { timeout: 0 }))).toBeLessThan(2000);
  expect(await took(new PidLockFile(path, { timeout: 60_000 }), { timeout: -1 })).toBeLessThan(2000);
  const waited = await took(new PidLockFile(path, { timeout: 500 }));
  expect([waited >= 499, waited < 2500]).toEqual([true, true]);
  // These conclude at once, whatever the time-out.
  const started = performance.now();
  for (const way of ['acquireSync', 'seal', 'enter'] as const)
    expect(() => new PidLockFile(path, { timeout: 60_000 })[way]()).toThrow('held by');
  expect(performance.now() - started).toBeLessThan(3000);
});

test('a step of the wall clock moves nothing', async () => {
  const box = sandbox();
  await holdLock(box, box.path('x.pid'));
  const { stdout } = await box.launch('lock-clock', { args: [box.path('x.pid')] });
  expect(Number(stdout)).toBeGreaterThan(450);
  expect(Number(stdout)).toBeLessThan(5000);
});

test('an abort ends the waiting, and nothing is taken afterwards', async () => {
  const path = sandbox().path('x.pid');
  const holder = new PidLockFile(path).seal();
  const controller = new AbortController();
  const lock = new PidLockFile(path, { timeout: Number.POSITIVE_INFINITY });
  const waiting = lock.acquire({ signal: controller.signal });
  const reason = new Error('no more');
  controller.abort(reason);
  holder.release();
  await expect(waiting).rejects.toBe(reason);
  await expect(lock.acquire({ signal: controller.signal })).rejects.toBe(reason);
  expect([lock.isLocked(), existsSync(path)]).toEqual([false, false]);
  // Aborted before: nothing is even tried, free or not.
  await expect(new PidLockFile(path).acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(existsSync(path)).toBe(false);
});

test('of two waiting acquires of one object one gets it, the other is told; watches and timers are gone', async () => {
  const path = sandbox().path('x.pid');
  const before = readdirSync('/proc/self/fd').length;
  const holder = new PidLockFile(path).seal();
  const lock = new PidLockFile(path, { timeout: 10_000 });
  const both = Promise.allSettled([lock.acquire(), lock.acquire()]);
  holder.release();
  expect((await both).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  lock.release();
  await until(() => readdirSync('/proc/self/fd').length <= before + 1, { what: 'the watches to close' });
});

test('a wrong file is reported at once, also while waiting', async () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('missing', 'x.pid'));
  await expect(lock.acquire({ timeout: 10_000 })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('waitUntilFree()', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  expect(await waitUntilFree(path)).toBe(true);
  writeFileSync(path, '77\n');
  expect(await waitUntilFree(path, { timeout: 0 })).toBe(true);
  const holder = await holdLock(box, path);
  expect(await waitUntilFree(path, { timeout: 0 })).toBe(false);
  expect(await waitUntilFree(path, { timeout: 50 })).toBe(false);
  await expect(waitUntilFree(path, { signal: AbortSignal.abort('why') })).rejects.toBe('why');
  const controller = new AbortController();
  const aborted = expect(waitUntilFree(path, { signal: controller.signal })).rejects.toThrow('aborted');
  controller.abort();
  await aborted;
  const free = waitUntilFree(path, { timeout: 10_000 });
  await kill(holder);
  expect(await free).toBe(true);
  await expect(waitUntilFree(path, { timeout: -5 })).rejects.toThrow("Option 'timeout'");
});
