import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { statOf } from '../helpers/observe.ts';
import { fixture, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { expectNextStartWorks, expectNothingLeft, moduleDaemon, parseOutcome } from './invariants.ts';

test.each(['stage1=exit:7', 'stage7=throw', 'after-stage9=exit:0', 'stage8=SIGKILL'])(
  'a lock that the caller had before is still his after a failed start: %s',
  async (fault) => {
    const box = sandbox();
    using lock = new PidLockFile(box.path('daemon.pid')).acquireSync();
    const { ino } = statSync(lock.path);
    const daemon = moduleDaemon(box, fault);
    daemon.pidFile = lock;
    await expect(daemon.start()).rejects.toThrow("Daemon 'Server'");
    expect(lock.isLocked()).toBe(true);
    expect(statSync(lock.path).ino).toBe(ino);
    expect(readFileSync(lock.path, 'utf8')).toBe('');
    expect(await box.isLocked()).toBe(true);
  },
);

test.each(['stage6=exit:7', 'after-stage6=throw', 'after-stage9=reject'])(
  'a start that fails removes the pid file once, without a warning: %s',
  async (fault) => {
    const box = sandbox();
    const { stderr, code } = await box.launch('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: fault } });
    expect({ stderr, code }).toEqual({ stderr: '', code: 1 });
    expect(existsSync(box.path('daemon.pid'))).toBe(false);
  },
);

test.each([
  ['no file', null],
  ['the file of a dead one', '77\n'],
])('a daemon that cannot write its pid: the launcher tells why, and removes the file. Before: %s', async (_, before) => {
  const box = sandbox();
  if (before !== null) writeFileSync(box.path('daemon.pid'), before);
  // The launcher writes nothing to the file, so it is the daemon that meets the limit.
  const { stdout, stderr, code } = await box.launch('--fsize=0', {
    executable: 'prlimit',
    args: [process.execPath, fixture('fault-daemon'), box.path('daemon.pid')],
  });
  expect({ stderr, code }).toEqual({ stderr: '', code: 1 });
  expect(parseOutcome(stdout)).toMatchObject({
    name: 'StartError',
    stage: 6,
    message: expect.stringContaining(`LockFailedError: Cannot seal '${box.path('daemon.pid')}': EFBIG`),
  });
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
  await expectNothingLeft(box);
  await expectNextStartWorks(box);
});

test('the lock is one from the launcher to the daemon: its file stays the same', async () => {
  const box = sandbox();
  const launcher = box.spawn('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: 'launcher-locked=SIGSTOP' } });
  const { ino } = await until(() => statOf(launcher.pid).state === 'T' && statSync(box.path('daemon.pid')), { what: 'the locked file' });
  launcher.child.kill('SIGCONT');
  await launcher.finished;
  expect(statSync(box.path('daemon.pid')).ino).toBe(ino);
});
