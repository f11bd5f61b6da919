import { closeSync, openSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { flock, LOCK_NB, LOCK_SH } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { holdLock, notRoot, OTHER } from '../hold.ts';

test('looking never makes an acquire fail', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  writeFileSync(path, '');
  const probers = [1, 2].map(() => box.spawn(fixture('lock-probe'), { args: [path] }));
  await until(() => probers.every(({ stdout }) => stdout.includes('probing')), { what: 'the probers' });
  const lock = new PidLockFile(path);
  // The file stays, so that all of them meet on one inode.
  const kept = openSync(path, 'r');
  for (let round = 0; round < 3000; round++) {
    lock.acquireSync();
    closeSync(lock.fd ?? -1);
    expect(() => lock.release()).toThrow('descriptor');
  }
  for (let round = 0; round < 300; round++) {
    await lock.acquire();
    closeSync(lock.fd ?? -1);
    expect(() => lock.release()).toThrow('descriptor');
  }
  closeSync(kept);
}, 30_000);

test('a reader that keeps the lock shared is met like a holder, after a second', () => {
  const path = sandbox().path('x.pid');
  writeFileSync(path, '');
  const fd = openSync(path, 'r');
  flock(fd, LOCK_SH | LOCK_NB);
  expect(() => new PidLockFile(path).acquireSync()).toThrow('held by');
  closeSync(fd);
});

test('looking changes nothing of the file', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = await holdLock(box, path);
  utimesSync(path, 1, 1);
  const before = statSync(path, { bigint: true });
  const lock = new PidLockFile(path);
  expect([lock.check(), lock.isActive(), lock.isStale(), lock.isLocked(), lock.isPrimary(), lock.readPid()]).toEqual([
    'running',
    true,
    false,
    false,
    false,
    holder.pid,
  ]);
  const after = statSync(path, { bigint: true });
  expect([after.ctimeNs, after.mtimeNs, after.ino]).toEqual([before.ctimeNs, before.mtimeNs, before.ino]);
  expect(readFileSync(path, 'utf8')).toBe(`${holder.pid}\n`);
});

test.skipIf(notRoot)('a file this user may not read is unreadable, and the questions say why', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  writeFileSync(path, '77\n', { mode: 0o600 });
  const { stdout, stderr } = await box.launch('lock-look', { args: [path], uid: OTHER, gid: OTHER });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ check: 'unreadable', readPid: null, isActive: 'EACCES', isStale: 'EACCES', holder: 'unreadable' });
});
