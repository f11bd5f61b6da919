import { AlreadyLockedError, OptionError, PidLockFile, withPidLock } from '@daemonium/core';
import { expect, expectTypeOf, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { holdLock } from '../hold.ts';

test('a synchronous result stays one; the lock is held and sealed meanwhile', () => {
  const path = sandbox().path('x.pid');
  const seen: unknown[] = [];
  function add(this: unknown, a: number, b: number): number {
    seen.push(this, new PidLockFile(path).readPid(), new PidLockFile(path).check());
    return a + b;
  }
  const locked = withPidLock(path, add);
  expectTypeOf(locked).toEqualTypeOf(add);
  const object = { locked };
  expect(object.locked(1, 2)).toBe(3);
  expect([locked.name, locked.length]).toEqual(['add', 2]);
  expect(seen).toEqual([object, process.pid, 'running']);
  expect(new PidLockFile(path).check()).toBe('missing');
});

test('a promise keeps the lock until it settles', async () => {
  const path = sandbox().path('x.pid');
  const lock = new PidLockFile(path);
  const locked = withPidLock(lock, async (fail: boolean) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (fail) throw new Error(lock.check());
    return lock.check();
  });
  expect(await locked(false)).toBe('own');
  expect(lock.check()).toBe('missing');
  await expect(locked(true)).rejects.toThrow('own');
  expect(lock.check()).toBe('missing');
  // Two at a time exclude each other.
  const first = locked(false);
  expect(() => locked(false)).toThrow(AlreadyLockedError);
  expect(await first).toBe('own');
});

test('a throw frees the lock; a reentrant lock lets calls nest', () => {
  const lock = new PidLockFile(sandbox().path('x.pid'), { reentrant: true });
  expect(
    withPidLock(lock, () => {
      throw new Error('thrown');
    }),
  ).toThrow('thrown');
  expect(lock.check()).toBe('missing');
  const nested = withPidLock(lock, (depth: number): string => (depth === 0 ? lock.check() : nested(depth - 1)));
  expect([nested(3), lock.check()]).toEqual(['own', 'missing']);
});

test('while another process holds the lock the function does not run', async () => {
  const box = sandbox();
  await holdLock(box, box.path('x.pid'));
  let ran = false;
  const locked = withPidLock(box.path('x.pid'), () => {
    ran = true;
  });
  expect(locked).toThrow(AlreadyLockedError);
  expect(ran).toBe(false);
  expect(() => withPidLock(box.path('x.pid'), 5 as unknown as () => void)).toThrow(OptionError);
});
