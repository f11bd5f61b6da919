import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

test('a launcher that lives on keeps nothing: no descriptor, no handle, no listener, no zombie', async () => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('start-repeatedly', {
    args: [fixture('start-module-target'), box.directory, '4'],
    // Five daemons, one after the other.
    deadline: 45_000,
  });
  expect(stderr).toBe('');
  const { before, after } = JSON.parse(stdout);
  expect(after).toEqual(before);
  expect(carriersOf(box.token)).toEqual([]);
});

test('a launcher ends by itself as soon as start() has settled', async () => {
  const box = sandbox();
  // Nothing of it may keep the process until startTimeout, which comes long after the deadline.
  const { stdout } = await box.launch('start-ready');
  expect(stdout).toContain('"ok":true');
});

test('one object starts one daemon at a time', async () => {
  const box = sandbox();
  const { stdout } = await box.launch('start-twice', { args: [fixture('start-module-target'), box.directory] });
  const [first, second, third, fourth] = JSON.parse(stdout);
  expect([first.ok, fourth.ok]).toEqual([true, true]);
  expect(second.failure).toMatchObject({
    class: 'DaemonError',
    code: 'ERR_ALREADY_STARTED',
    message: expect.stringContaining('being started'),
  });
  expect(third.failure).toMatchObject({ code: 'ERR_ALREADY_STARTED', message: expect.stringContaining(`pid ${first.pid}`) });
});

test('of 12 starts at once on one pid file one works, and the errors of the others name its pid', async () => {
  const box = sandbox();
  const launchers = await Promise.all(Array.from({ length: 12 }, () => box.launch('start-ready', { deadline: 25_000 })));
  const told = launchers.map(({ stdout }) => JSON.parse(stdout));
  const winner = told.filter(({ ok }) => ok);
  expect(winner).toHaveLength(1);
  for (const { ok, failure } of told) if (!ok) expect(failure).toMatchObject({ class: 'AlreadyLockedError', code: 'ERR_ALREADY_LOCKED' });
  expect(await box.readPid()).toBe(winner[0].pid);
  await until(() => carriersOf(box.token).filter(isRunning).length === 1, { what: 'one daemon and nothing else' });
});
