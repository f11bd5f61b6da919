import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { LockFailedError, NotMyLockError, PidLockFile, proveHolder } from '@daemonium/core';
import { adoptLock, forgetLock, lockForHandover } from '@daemonium/core/handover';
import { expect, test } from 'vitest';
import { caller, callerOf } from '../../helpers/caller.ts';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

interface Told {
  readonly heir: number;
  readonly launcher: number;
  readonly stillLocked: boolean;
  readonly forgotten: boolean;
  readonly adopted: { readonly locked: boolean; readonly primary: boolean; readonly fd: number };
  readonly primary: boolean;
  readonly child: number;
}

test.each([3, 9, 15, 16, 20, 40, 250])('the lock goes over at descriptor %i, is never free, and is not given on', async (number) => {
  const box = sandbox();
  const path = box.path('x.pid');
  const ended = await box.launch(fixture('lock-hand-over'), { args: [path, String(number)] });
  expect(ended.stderr).toBe('');
  const told = JSON.parse(ended.stdout) as Told;
  // Closed by the launcher, and not unlocked.
  expect(told).toMatchObject({ stillLocked: true, forgotten: true, primary: true, adopted: { locked: true, primary: false, fd: number } });
  // At 15 and below nothing of the common path needs a call of our own.
  expect(callerOf(told.heir)).toBe(number > 15 ? caller : null);
  expect(isRunning(told.launcher)).toBe(false);
  expect(observe(told.heir).fds.find(({ fd }) => fd === number)?.closeOnExec).toBe(true);
  // spawn() has returned when one descriptor of the child is closed by its exec, and another may still be open.
  await until(() => observe(told.child).cmdline[0] === 'sleep', { what: 'the child to be what it executes' });
  expect(lockHolders(path)).toEqual([told.heir]);
  expect(observe(told.child).fds.map(({ target }) => target)).not.toContain(path);
  const lock = new PidLockFile(path);
  expect([lock.check(), lock.readPid()]).toEqual(['running', told.heir]);
  expect(proveHolder(path)).toMatchObject({ pid: told.heir });
  // Killed: free, although its child lives.
  process.kill(told.heir, 'SIGKILL');
  await until(() => lock.check() === 'stale', { what: 'the lock to be free' });
  expect(isRunning(told.child)).toBe(true);
  expect(lock.seal().isPrimary()).toBe(true);
  lock.release();
});

test('the heir removes the file when it releases', async () => {
  const box = sandbox();
  const { stdout } = await box.launch(fixture('lock-hand-over'), { args: [box.path('x.pid')] });
  process.kill((JSON.parse(stdout) as Told).heir, 'SIGTERM');
  await until(() => new PidLockFile(box.path('x.pid')).check() === 'missing', { what: 'the file to go' });
});

test('a lock that is not held, or no longer at its descriptor, is not handed over', () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('x.pid'));
  expect(() => lockForHandover(lock)).toThrow(NotMyLockError);
  expect(() => forgetLock(lock)).toThrow(NotMyLockError);
  lock.acquireSync();
  const { dev, ino } = fstatSync(lock.fd ?? -1);
  expect(lockForHandover(lock)).toEqual({ path: lock.path, fd: lock.fd, dev, ino, writer: 'daemon' });
  expect(lockForHandover(lock, 'daemon', true)).toMatchObject({ late: true });
  closeSync(lock.fd ?? -1);
  expect(() => lockForHandover(lock)).toThrow(NotMyLockError);
  expect(() => forgetLock(lock)).toThrow(NotMyLockError);
  expect(lock.isLocked()).toBe(false);
});

test('forgetLock() neither unlocks nor removes, and the object can be used again', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const lock = new PidLockFile(path).seal();
  // A process that has a copy of the open file, as the daemon would.
  const heir = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', lock.fd ?? -1], env: { ...process.env, ...box.tokenEnv } });
  await once(heir, 'spawn');
  forgetLock(lock);
  expect([lock.fd, lock.pid, lock.isLocked(), lock.check(), lock.readPid()]).toEqual([null, null, false, 'running', process.pid]);
  expect(() => lock.release()).toThrow(NotMyLockError);
  heir.kill('SIGKILL');
  await once(heir, 'exit');
  expect(lock.check()).toBe('stale');
  expect(lock.seal().isPrimary()).toBe(true);
  lock.release();
});

test('another file, an unlocked file, a closed number: not adopted, and left alone', () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = new PidLockFile(path).acquireSync();
  const handed = lockForHandover(holder);
  const lock = new PidLockFile(path);
  writeFileSync(box.path('other'), 'precious');
  const other = openSync(box.path('other'), 'r+');
  expect(() => adoptLock(lock, { ...handed, fd: other })).toThrow(LockFailedError);
  // Nor does it help that the other is a locked pid file, too.
  const neighbour = new PidLockFile(box.path('y.pid')).acquireSync();
  expect(() => adoptLock(lock, { ...handed, fd: neighbour.fd ?? -1 })).toThrow(/is not the locked file/);
  neighbour.release();
  // The right file, opened another time: not the open file that has the lock.
  const again = openSync(path, 'r+');
  expect(() => adoptLock(lock, { ...handed, fd: again })).toThrow(/is not locked/);
  closeSync(again);
  expect(() => adoptLock(lock, { ...handed, fd: again })).toThrow(/is not the locked file/);
  expect([lock.isLocked(), lock.fd, readFileSync(box.path('other'), 'utf8')]).toEqual([false, null, 'precious']);
  closeSync(other);
  holder.release();
});

/** A process into which `path`'s lock came, as it would in a daemon. */
async function arrived(way: string, path: string, asked = path): Promise<unknown> {
  const box = sandbox();
  const lock = new PidLockFile(path).acquireSync();
  try {
    const { stdout, stderr } = await box.launch(fixture('lock-arrived'), { args: [asked, way, path], descriptors: { 3: lock.fd ?? -1 } });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as unknown;
  } finally {
    lock.breakLock();
  }
}

test.each(['acquire', 'acquireSync', 'seal', 'enter'])('%s() in the daemon adopts the lock that came with it, once', async (way) => {
  expect(await arrived(way, sandbox().path('x.pid'))).toEqual({ fd: 3, again: 'AlreadyLockedError', after: true });
});

test('a lock of another path is an ordinary one in the daemon, too', async () => {
  const box = sandbox();
  const held = new PidLockFile(box.path('held.pid')).acquireSync();
  expect(await arrived('acquire', box.path('x.pid'), held.path)).toEqual({ error: 'AlreadyLockedError' });
  held.release();
});
