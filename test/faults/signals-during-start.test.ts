import { expect, test } from 'vitest';
import { childrenOf, isRunning, observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { expectNothingLeft, parseOutcome, STAGES, type Stage } from './invariants.ts';

async function hangingIn(stage: Stage) {
  const box = sandbox();
  const launcher = box.spawn('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: `stage${stage}=hang` } });
  await until(() => launcher.stdout.includes(`stage ${stage - 1}\n`), { what: `stage ${stage}` });
  const pid = Number(/^spawned (\d+)$/m.exec(launcher.stdout)?.[1]);
  expect(pid).toBeGreaterThan(1);
  return { box, launcher, pid };
}

// One signal a stage; they take the same way in each of them.
const SIGNALS = ['SIGHUP', 'SIGQUIT', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const;

test.each(SIGNALS.map((signal, index) => [signal, STAGES[index + 1] as Stage] as const))(
  '%s to the daemon in stage %i ends it, and the launcher says so',
  async (signal, stage) => {
    const { box, launcher, pid } = await hangingIn(stage);
    process.kill(pid, signal);
    const { code, stdout } = await launcher.finished;
    expect(code).toBe(1);
    expect(parseOutcome(stdout)).toMatchObject({ name: 'StartError', stage, signal });
    await expectNothingLeft(box);
  },
);

test('SIGUSR1 to the daemon in a stage opens no debugger', async () => {
  const { box, launcher, pid } = await hangingIn(2);
  const sockets = () => observe(pid).fds.filter(({ target }) => target.startsWith('socket:')).length;
  const before = sockets();
  process.kill(pid, 'SIGUSR1');
  // Two processes come and go meanwhile: the debugger would be there long before.
  for (let look = 0; look < 2; look++) expect(await box.isLocked()).toBe(true);
  expect(sockets()).toBe(before);
  expect(isRunning(pid)).toBe(true);
  expect(childrenOf(pid)).toEqual([]);
  launcher.child.kill('SIGTERM');
  await launcher.finished;
  await expectNothingLeft(box);
});
