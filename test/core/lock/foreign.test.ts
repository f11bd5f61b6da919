import { utimesSync, writeFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

test('respect: a living older version of the same program keeps the lock from being taken; ignore does not', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const old = box.spawn(fixture('lock-foreign'), { args: [path] });
  await until(() => old.stdout.includes('held'), { what: 'the older version' });
  const tried = async (foreign: string) => (await box.launch('lock-foreign', { args: [path, foreign] })).stdout.trim();
  expect(await tried('respect')).toBe(`AlreadyLockedError ${old.pid}`);
  expect(new PidLockFile(path).readPid()).toBe(old.pid);
  expect(await box.isLocked('x.pid')).toBe(false);
  // Written before that process started: the pid was another's then.
  utimesSync(path, 1, 1);
  expect(await tried('respect')).toBe('taken');
  // It was removed at the exit of who took it; of another program:
  const other = box.spawn('60', { executable: 'sleep' });
  writeFileSync(path, `${other.pid}\n`);
  expect(await tried('respect')).toBe('taken');
  writeFileSync(path, `${old.pid}\n`);
  expect(await tried('ignore')).toBe('taken');
  old.child.kill('SIGKILL');
  await old.finished;
  writeFileSync(path, `${old.pid}\n`);
  expect(await tried('respect')).toBe('taken');
});
