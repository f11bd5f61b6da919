import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { ask } from '../subject.ts';

test('the launcher finds the daemon that it started without a pid file', async () => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('stop-without-pid-file');
  expect(stderr).toBe('');
  const { pid, ...seen } = JSON.parse(stdout) as Record<string, unknown>;
  expect(seen).toMatchObject({
    before: { running: false, pid: null, since: null },
    unstarted: 'ERR_NOT_RUNNING',
    running: { running: true, pid, since: expect.any(String) },
    asked: true,
    joined: false,
    stopped: { pid, signal: 'SIGTERM', forced: false },
    joinedAfter: true,
    after: { running: false, pid: null, since: null },
    again: 'ERR_NOT_RUNNING',
    restarted: [true, true, true],
  });
});

test('no other process finds a daemon without a pid file', async () => {
  const box = sandbox();
  for (const method of ['stop', 'kill', 'reload']) {
    expect(await ask(box, method, undefined, { file: '' })).toMatchObject({
      code: 'ERR_NOT_RUNNING',
      message: expect.stringContaining('pidFile'),
    });
  }
  expect((await ask(box, 'join', undefined, { file: '' })).value).toBe(true);
});

test.skipIf(notRoot)('its pid was given to another process: that one is not signalled', async () => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('--pid', {
    executable: 'unshare',
    // The shell reaps what becomes its child, as an init does.
    args: [
      '--fork',
      '--mount-proc',
      '--kill-child',
      'sh',
      '-c',
      '"$@"; exit $?',
      'sh',
      process.execPath,
      fixture('stop-without-pid-file'),
      'reuse',
    ],
  });
  expect(stderr).toBe('');
  const { pid, ...seen } = JSON.parse(stdout) as Record<string, unknown>;
  expect(seen).toMatchObject({
    reused: pid,
    alive: false,
    stopped: 'ERR_NOT_RUNNING',
    killed: 'ERR_NOT_RUNNING',
    namesake: true,
    end: 'SIGKILL',
  });
});
