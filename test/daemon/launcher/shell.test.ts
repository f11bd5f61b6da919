import { expect, test } from 'vitest';
import { childrenOf, isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { failureOf, toldBy } from './told.ts';

test('the daemon is an orphan in a session that nobody leads', async () => {
  const box = sandbox();
  const { pid } = toldBy(await box.launch('start-ready'));
  const { sid, pgid, ppid, tty } = observe(pid as number);
  expect({ pgid, tty }).toEqual({ pgid: sid, tty: 0 });
  expect(sid).not.toBe(pid);
  // The shell that led it is gone, and so is the launcher.
  expect([isRunning(sid), carriersOf(box.token).filter(isRunning)]).toEqual([false, [pid]]);
  expect(carriersOf(box.token)).not.toContain(ppid);
});

test('when somebody ends the shell, the start is undone', async () => {
  const box = sandbox();
  const launcher = box.spawn('start-interrupted');
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
});
