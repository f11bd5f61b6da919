import { AlreadyLockedError, LockNotReentrantError, PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

test('enter() acquires and seals; disposing releases', () => {
  const lock = new PidLockFile(sandbox().path('x.pid'));
  const entered = lock.enter();
  expect(lock.isPrimary()).toBe(true);
  expect(() => lock.enter()).toThrow(LockNotReentrantError);
  entered[Symbol.dispose]();
  entered[Symbol.dispose]();
  expect(lock.check()).toBe('missing');
  // The acquired one is sealed, not acquired again.
  lock.acquireSync();
  const again = lock.enter();
  expect(lock.isPrimary()).toBe(true);
  again[Symbol.dispose]();
  expect(lock.check()).toBe('missing');
});

test('a reentrant lock counts its holds, the first seal among them', () => {
  const lock = new PidLockFile(sandbox().path('x.pid'), { reentrant: true }).seal();
  const second = lock.enter();
  const third = lock.enter();
  third[Symbol.dispose]();
  third[Symbol.dispose]();
  expect(lock.isPrimary()).toBe(true);
  second[Symbol.dispose]();
  expect(lock.isPrimary()).toBe(true);
  lock.release();
  expect(lock.check()).toBe('missing');
});

test('release() frees at any depth, and a handle of an earlier time is without effect', () => {
  const lock = new PidLockFile(sandbox().path('x.pid'), { reentrant: true });
  const first = lock.enter();
  const second = lock.enter();
  lock.release();
  expect(lock.check()).toBe('missing');
  const later = lock.enter();
  first[Symbol.dispose]();
  second[Symbol.dispose]();
  expect(lock.isPrimary()).toBe(true);
  later[Symbol.dispose]();
  expect(lock.check()).toBe('missing');
});

test('only enter() counts', async () => {
  const lock = new PidLockFile(sandbox().path('x.pid'), { reentrant: true }).seal();
  expect(() => lock.seal()).toThrow(AlreadyLockedError);
  expect(() => lock.acquireSync()).toThrow(/only enter\(\) counts/);
  await expect(lock.acquire()).rejects.toThrow(AlreadyLockedError);
  lock.release();
});
