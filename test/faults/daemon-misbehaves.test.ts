import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { expectNextStartWorks, expectNothingLeft, STAGES } from './invariants.ts';
import { expectLoud, expectTimeout, LOUD, type Step } from './misbehaved.ts';

const steps: readonly Step[] = STAGES.map((stage) => `stage${stage}` as const);
const SOME: readonly Step[] = ['stage1', 'stage6', 'after-stage9'];

test.each(LOUD.map((loud, index) => [loud.fault, loud, index < 2 ? steps : SOME] as const))(
  '%s in a stage: the launcher says so, at once, and nothing is left',
  async (_fault, loud, where) => {
    const box = sandbox();
    // Each start needs the lock of the one before.
    for (const step of where) await expectLoud(box, step, loud);
    await expectNothingLeft(box);
    await expectNextStartWorks(box);
  },
);

test('hang in each stage: the launcher gives up in time, names the stage, and nothing is left', async () => {
  await Promise.all(steps.map((step) => expectTimeout(step, 'hang')));
});

// They would take all there is of the machine from one another.
test.each(['busy', 'SIGSTOP'])('%s in a stage: the launcher gives up in time, names the stage, and nothing is left', async (fault) => {
  await Promise.all([expectTimeout('stage1', fault), expectTimeout('after-stage6', fault)]);
});

test('an error of run() after its first turn is in the log, and the lock is free', async () => {
  const box = sandbox();
  for (const fault of ['run=throw', 'run=reject', 'run=throw-non-error', 'run=exit:3']) {
    const { code, stdout } = await box.launch('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: fault } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\nstarted \d+\n$/) });
    await expectNothingLeft(box);
  }
});

test.each(['ready=throw', 'ready=reject', 'ready=exit:3'])('in the first turn of run() it is a failed start: %s', async (fault) => {
  const box = sandbox();
  const { code, stdout } = await box.launch('fault-daemon', { args: [box.path('daemon.pid')], env: { DAEMONIUM_FAULT: fault } });
  expect([code, stdout.includes('started')]).toEqual([1, false]);
  await expectNothingLeft(box);
});
