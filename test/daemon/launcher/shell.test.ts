import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { childrenOf, isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { PATIENT } from '../patient.ts';
import { failureOf, toldBy } from './told.ts';

test('the daemon is an orphan in a session without a leader', async () => {
  const box = sandbox();
  const { pid } = toldBy(await box.launch('start-ready'));
  const { sid, pgid, ppid, tty } = observe(pid as number);
  expect({ pgid, tty }).toEqual({ pgid: sid, tty: 0 });
  expect(sid).not.toBe(pid);
  // The shell that led it is gone, and so is the launcher.
  expect([isRunning(sid), carriersOf(box.token).filter(isRunning)]).toEqual([false, [pid]]);
  expect(carriersOf(box.token)).not.toContain(ppid);
});

// A daemon that takes a while to end has ended all the same when start() rejects.
test.each([[[]], [['none', 'lingers']]])(
  'when another process ends the shell, the start is undone, and its daemon is gone: %j',
  async (args) => {
    const box = sandbox();
    const launcher = box.spawn('start-interrupted', { args });
    await until(() => launcher.stdout.includes('stage 5'), { what: 'stage 5' });
    const daemon = await box.readPid();
    const [shell] = childrenOf(launcher.pid);
    expect(observe(daemon).ppid).toBe(shell);
    process.kill(shell as number, 'SIGKILL');
    const finished = await launcher.finished;
    const failure = failureOf({ ...finished, stdout: finished.stdout.slice(finished.stdout.indexOf('{')) });
    expect(failure).toMatchObject({
      class: 'StartError',
      pid: null,
      signal: null,
      message: expect.stringMatching(/^Daemon 'Slow' ended before it was ready, in stage 6/),
    });
    expect(isRunning(daemon)).toBe(false);
    expect(await box.isLocked()).toBe(false);
  },
);

test("the shell is ended in the first turn of run(), which is over before the launcher has acted: the lock is the daemon's", async () => {
  const box = sandbox();
  const { ok, pid } = toldBy(await box.launch('start-shell-killed', { args: ['early'], ...PATIENT }));
  expect({ ok, running: isRunning(pid ?? 0) }).toEqual({ ok: true, running: true });
  expect([await box.readPid(), lockHolders(box.path('daemon.pid'))]).toEqual([pid, [pid]]);
});

test('a daemon whose shell is ended while control() watches it has not ended', async () => {
  const box = sandbox();
  const { stdout, stderr, code } = await box.launch('start-shell-killed', { args: ['watched'], ...PATIENT });
  const pid = await box.readPid();
  expect({ stdout, stderr, code }).toEqual({ stdout: `early started, pid ${pid}\n`, stderr: '', code: 0 });
  expect(lockHolders(box.path('daemon.pid'))).toEqual([pid]);
});

test('the turn is over after the launcher has undone the start: it has failed, and nothing is left', async () => {
  const box = sandbox();
  const { message } = failureOf(await box.launch('start-shell-killed', { args: ['late'], ...PATIENT }));
  expect(message).toMatch(/^Daemon 'early' ended /);
  expect([carriersOf(box.token).filter(isRunning), existsSync(box.path('daemon.pid'))]).toEqual([[], false]);
});
