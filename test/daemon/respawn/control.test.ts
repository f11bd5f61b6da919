import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

test('the verbs in a pause: it counts as running, and says when it is started again', async () => {
  const box = sandbox();
  const run = (verb: string, env = {}) => box.launch('respawn-control', { args: verb.split(' '), env });
  const first = await run('start', { BEHAVIOUR: 'crash' });
  expect(first).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^clock started, and ended after \d+ ms: it exited with 9; it is started again\n$/),
  });
  const shell = await box.readPid('clock.pid');
  const waiting = /^clock is waiting, next try in [1-6]\d\d s\n$/;
  // The shell hears of the end when the launcher does, and writes down when the next try is.
  await until(async () => waiting.test((await run('status')).stdout), { what: 'the pause' });
  expect(await run('status')).toMatchObject({ code: 0, stdout: expect.stringMatching(waiting), stderr: '' });
  const { code, stdout } = await run('status --json');
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      ...{ running: true, pid: null, since: null, state: 'waiting', supervisor: shell, restarts: 0, lease: null },
      ...{ lastExit: { code: 9, signal: null }, nextTry: expect.stringMatching(/^\d{4}-\S+Z$/) },
    },
  ]);
  expect(await run('start')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^clock is already started, and waiting, next try in \d+ s\n$/),
  });
  expect(await run('reload')).toMatchObject({ code: 0, stdout: 'clock was told to reload\n' });
  expect(await run('restart')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^clock restarted, pid \d+\n$/) });
  expect(await box.readPid('clock.pid')).not.toBe(shell);
  expect(await run('status')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^clock is running, pid \d+, since /) });
  expect(await run('stop')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^clock stopped, pid \d+\n$/) });
  expect(await run('status')).toMatchObject({ code: 3 });
});
