import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { nameHolder } from '../../../packages/core/src/lock/name-holder.ts';
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
