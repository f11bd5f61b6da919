import { mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { PidLockFile, proveHolder } from '@daemonium/core';
import { expect, test } from 'vitest';
import { nameHolder, namesHolder } from '../../../packages/core/src/lock/name-holder.ts';
import { successorFault } from '../../../packages/daemon/src/remote/successor-proof.ts';
import { sandbox } from '../../helpers/sandbox.ts';

test("a path is no pid: it would lead from /proc to another user's files, which prove anything", () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('web.pid')).seal();
  // Files as /proc/PID has them: the lock file, open, with a lock on it.
  mkdirSync(box.path('fake/fd'), { recursive: true });
  mkdirSync(box.path('fake/fdinfo'));
  symlinkSync(box.path('web.pid'), box.path('fake/fd/3'));
  const { ino } = statSync(box.path('web.pid'));
  writeFileSync(box.path('fake/fdinfo/3'), `lock:\t1: FLOCK  ADVISORY  WRITE 7 00:00:${ino} 0 EOF\n`);
  for (const file of ['stat', 'status']) writeFileSync(box.path('fake', file), readFileSync(`/proc/self/${file}`));
  symlinkSync(process.execPath, box.path('fake/exe'));
  const forged = `${process.pid}/root${box.path('fake')}` as unknown as number;
  expect(() => nameHolder(box.path('web.pid'), forged)).toThrow(expect.objectContaining({ code: 'ERR_NOT_MY_LOCK' }));
  expect(readFileSync(box.path('web.pid'), 'utf8')).toBe(`${process.pid}\n`);
  expect(successorFault(forged, { previous: process.pid, executable: process.execPath, since: 0 })).toBe('that is no pid');
  lock.release();
});

test('a pid with fewer digits than the last one, whose writer was killed before it could cut off the rest', () => {
  const path = sandbox().path('web.pid');
  const lock = new PidLockFile(path).seal();
  const { dev, ino } = statSync(path);
  writeFileSync(path, `${process.pid}\n\n\n`);
  expect(proveHolder(path)).toMatchObject({ pid: process.pid });
  expect(lock.readPid()).toBe(null);
  const handed = { path, fd: lock.fd as number, dev, ino };
  expect(namesHolder(handed, process.pid + 1)).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n\n\n`);
  expect(namesHolder(handed, process.pid)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
  // Another file in its place is left.
  writeFileSync(path, `${process.pid}\n\n`);
  renameSync(path, `${path}.old`);
  writeFileSync(path, 'of others\n');
  expect(namesHolder(handed, process.pid)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('of others\n');
  renameSync(`${path}.old`, path);
  lock.release();
});
