import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { servability } from '@daemonium/core/start';
import { fileLogger } from '@daemonium/logging';
import { expect, onTestFinished, test } from 'vitest';
import { OptionProblems } from '../../../packages/daemon/src/options/option-problems.ts';
import { resolveSignals } from '../../../packages/daemon/src/options/signals.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const SIGNALS = Object.keys(constants.signals) as NodeJS.Signals[];
const servable = SIGNALS.filter((signal) => servability(signal) === 'servable');

test('each signal that is called servable reaches a JavaScript handler', async () => {
  const box = sandbox();
  // Of two names for one number Node gives one.
  const byNumber = new Map(servable.map((signal) => [constants.signals[signal], signal]));
  const names = [...byNumber.values()];
  expect(names.length).toBeGreaterThan(15);
  const program = box.spawn('signal-served', { args: names });
  await until(() => program.stdout.includes('ready'), { what: 'the program' });
  for (const [number, signal] of byNumber) {
    const before = program.stdout.length;
    process.kill(program.pid, number);
    await until(() => program.stdout.length > before, { what: signal });
  }
});

test('reopenOn and signalMap accept the same signals', () => {
  const path = sandbox().path('app.log');
  for (const signal of SIGNALS) {
    const problems = new OptionProblems();
    resolveSignals({ [signal]: null }, {}, 'script', problems);
    const inSignalMap = accepted(() => problems.throwIfAny());
    const inReopenOn = accepted(() => {
      const logger = fileLogger({ path, reopenOn: signal as 'SIGHUP' });
      onTestFinished(() => logger[Symbol.dispose]());
    });
    expect([signal, inSignalMap, inReopenOn]).toEqual([signal, servable.includes(signal), servable.includes(signal)]);
  }
  expect(existsSync(path)).toBe(false);
});

function accepted(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
