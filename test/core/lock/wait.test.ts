import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { PidLockFile, waitUntilFree } from '@daemonium/core';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { holdLock, kill } from '../hold.ts';

/** Longer than a test may take, in ms. */
const LONG = 600_000;

test('a waiter gets the lock when it is released, and when its holder is killed', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  for (const how of ['release', 'kill'] as const) {
    const holder = await holdLock(box, path);
    // It is woken, for its time is not over before the test's.
    const waiter = box.spawn(fixture('lock-wait'), { args: [path, String(LONG)] });
    await until(() => observe(waiter.pid).fds.some(({ target }) => target.includes('inotify')), { what: 'the waiter to watch' });
    if (how === 'kill') holder.child.kill('SIGKILL');
    else holder.child.stdin?.write('release\n');
    const { stdout } = await waiter.finished;
    expect(stdout).toContain('taken');
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
  // Of the processor, not of the clock: one that looks all the time would need nearly as much as it waits.
  expect(Number(/^cpu ([\d.]+)$/m.exec(stdout)?.[1])).toBeLessThan(500);
});

test('-1 and 0 do not wait; the time-out of the object and of the call', async () => {
  const path = sandbox().path('x.pid');
  using _holder = new PidLockFile(path).seal();
  const told = (lock: PidLockFile, options?: { timeout?: number }): Promise<void> =>
    expect(lock.acquire(options)).rejects.toThrow('held by pid');
  await told(new PidLockFile(path));
  await told(new PidLockFile(path, { timeout: 0 }));
  await told(new PidLockFile(path, { timeout: LONG }), { timeout: -1 });
  await told(new PidLockFile(path, { timeout: LONG }), { timeout: 0 });
  const started = performance.now();
  await told(new PidLockFile(path, { timeout: 500 }));
  expect(performance.now() - started).toBeGreaterThan(499);
  // These calls do not wait, whatever the time-out.
  for (const way of ['acquireSync', 'seal', 'enter'] as const)
    expect(() => new PidLockFile(path, { timeout: LONG })[way]()).toThrow('held by');
});

test('a step of the wall clock moves nothing', async () => {
  const box = sandbox();
  await holdLock(box, box.path('x.pid'));
  const { stdout } = await box.launch('lock-clock', { args: [box.path('x.pid')] });
  // The clock goes an hour forth, and an hour back, which would be longer than a test may take.
  expect(Number(stdout)).toBeGreaterThan(450);
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
  const lock = new PidLockFile(path, { timeout: LONG });
  const both = Promise.allSettled([lock.acquire(), lock.acquire()]);
  holder.release();
  expect((await both).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  lock.release();
  await until(() => readdirSync('/proc/self/fd').length <= before + 1, { what: 'the watches to close' });
});

test('a wrong file is reported at once, also while waiting', async () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('missing', 'x.pid'));
  await expect(lock.acquire({ timeout: LONG })).rejects.toMatchObject({ code: 'ENOENT' });
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
  const free = waitUntilFree(path, { timeout: LONG });
  await kill(holder);
  expect(await free).toBe(true);
  await expect(waitUntilFree(path, { timeout: -5 })).rejects.toThrow("Option 'timeout'");
});
