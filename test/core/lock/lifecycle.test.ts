import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { AlreadyLockedError, LockNotReentrantError, NotMyLockError, PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { notRoot } from '../hold.ts';

test('acquire, seal, release, and again', async () => {
  const path = sandbox().path('x.pid');
  const lock = new PidLockFile(path);
  expect([lock.check(), lock.fd, lock.pid, lock.isActive(), lock.isLocked(), lock.isPrimary(), lock.isStale()]).toEqual([
    'missing',
    null,
    null,
    false,
    false,
    false,
    false,
  ]);
  for (let round = 0; round < 2; round++) {
    expect(await lock.acquire()).toBe(lock);
    expect([lock.check(), lock.pid, lock.isActive(), lock.isLocked(), lock.isPrimary(), lock.isStale(), lock.readPid()]).toEqual([
      'own',
      null,
      true,
      true,
      false,
      false,
      null,
    ]);
    expect(lockHolders(path)).toEqual([process.pid]);
    expect(observe(process.pid).fds.find(({ fd }) => fd === lock.fd)).toMatchObject({ target: path, closeOnExec: true });
    expect(readFileSync(path, 'utf8')).toBe('');
    expect(lock.seal()).toBe(lock);
    expect([lock.check(), lock.pid, lock.isPrimary(), lock.readPid()]).toEqual(['own', process.pid, true, process.pid]);
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
    lock.release();
    expect([lock.check(), lock.fd, lock.pid, lock.isLocked(), lock.isPrimary()]).toEqual(['missing', null, null, false, false]);
    expect(existsSync(path)).toBe(false);
  }
});

test('a second acquire or seal of one object fails, and changes nothing', async () => {
  const lock = new PidLockFile(sandbox().path('x.pid')).acquireSync();
  expect(() => lock.acquireSync()).toThrow(LockNotReentrantError);
  expect(() => lock.acquireSync()).toThrow(/already acquired/);
  await expect(lock.acquire({ timeout: 10_000 })).rejects.toThrow(LockNotReentrantError);
  lock.seal();
  expect(() => lock.seal()).toThrow(/already sealed/);
  expect(() => lock.enter()).toThrow(LockNotReentrantError);
  expect([lock.isPrimary(), lock.readPid()]).toEqual([true, process.pid]);
  lock.release();
});

test('two objects of one process exclude each other, and the loser learns the own pid', () => {
  const path = sandbox().path('x.pid');
  const first = new PidLockFile(path).acquireSync();
  const second = new PidLockFile(path);
  expect(() => second.acquireSync()).toThrow(AlreadyLockedError);
  expect(() => second.acquireSync()).toThrow(
    expect.objectContaining({ pid: process.pid, path, message: expect.stringContaining(String(process.pid)) }),
  );
  expect([second.check(), second.isActive(), second.isLocked()]).toEqual(['running', true, false]);
  expect(() => second.release()).toThrow(NotMyLockError);
  second[Symbol.dispose]();
  expect([first.seal().readPid(), first.check()]).toEqual([process.pid, 'own']);
  first.release();
  expect(() => first.release()).toThrow(NotMyLockError);
});

test('seal() acquires first if need be, and writes another pid if told', () => {
  const path = sandbox().path('x.pid');
  const lock = new PidLockFile(path).seal(1);
  expect([lock.pid, lock.readPid(), lock.isLocked(), lock.isPrimary()]).toEqual([1, 1, true, false]);
  lock.release();
  // After a release it acquires again.
  expect(lock.seal().isPrimary()).toBe(true);
  lock.release();
});

test('neither inode nor mode change from acquire to seal; the mode is the one asked for, whatever the umask', () => {
  const box = sandbox();
  for (const [mask, mode] of [
    [0, 0o644],
    [0o077, 0o644],
    [0, 0o600],
    [0o777, 0o640],
  ] as const) {
    const before = process.umask(mask);
    try {
      const lock = new PidLockFile(box.path('x.pid'), { mode }).acquireSync();
      const acquired = statSync(lock.path);
      lock.seal();
      const sealed = statSync(lock.path);
      expect(acquired.mode & 0o7777).toBe(mode);
      expect([sealed.mode, sealed.ino, sealed.nlink]).toEqual([acquired.mode, acquired.ino, 1]);
      lock.release();
      expect(process.umask()).toBe(mask);
    } finally {
      process.umask(before);
    }
  }
});

test('a file left over gets mode and owner of the new lock, and no old pid', (t) => {
  const path = sandbox().path('x.pid');
  writeFileSync(path, '123456\n', { mode: 0o600 });
  const lock = new PidLockFile(path).acquireSync();
  expect([statSync(path).mode & 0o7777, statSync(path).size]).toEqual([0o644, 0]);
  lock.release();
  t.skip(notRoot !== false, String(notRoot));
  const given = new PidLockFile(path, { uid: 65_534, gid: 65_533, mode: 0o600 }).acquireSync();
  expect(statSync(path)).toMatchObject({ uid: 65_534, gid: 65_533, mode: 0o100600 });
  given.release();
});

test('breakLock() removes the file of any holder, and is silent when there is none', () => {
  const path = sandbox().path('x.pid');
  const holder = new PidLockFile(path).seal();
  const other = new PidLockFile(path);
  other.breakLock();
  other.breakLock();
  expect(existsSync(path)).toBe(false);
  const next = new PidLockFile(path).seal();
  expect(next.isPrimary()).toBe(true);
  holder[Symbol.dispose]();
  expect(next.readPid()).toBe(process.pid);
  next.breakLock();
  expect([existsSync(path), next.isLocked(), next.fd]).toEqual([false, false, null]);
});

test('using and await using release; a lock that is not held, silently', async () => {
  const path = sandbox().path('x.pid');
  const lock = new PidLockFile(path);
  lock[Symbol.dispose]();
  await lock[Symbol.asyncDispose]();
  lock.seal()[Symbol.dispose]();
  expect(lock.check()).toBe('missing');
  await lock.seal()[Symbol.asyncDispose]();
  expect(lock.check()).toBe('missing');
});
