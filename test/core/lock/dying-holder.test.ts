import { expect, test, vi } from 'vitest';
import { PidLockFile } from '../../../packages/core/src/lock/pid-lock-file.ts';
import type { ProcessLife } from '../../../packages/core/src/posix/processes.ts';
import { isRunning } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** Acts between a try to take the lock and the look at its holder. */
const between = vi.hoisted(() => ({ act: (): ProcessLife | null => null }));
vi.mock('../../../packages/core/src/lock/held-error.ts', async (original) => {
  const actual = await original<typeof import('../../../packages/core/src/lock/held-error.ts')>();
  return { ...actual, lifeOfHolder: (state: Parameters<typeof actual.lifeOfHolder>[0]) => between.act() ?? actual.lifeOfHolder(state) };
});

test('a holder that was on its way out, and ends between a try and the look at it: the lock is tried again', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = box.spawn(fixture('lock-hold'), { args: [path, 'seal'], stdin: 'pipe' });
  await until(() => holder.stdout === 'held\n', { what: `the holder; ${holder.stderr}` });
  const began = performance.now();
  between.act = () => {
    // Longer than a lock is tried whose holder was dead from the first.
    if (performance.now() - began < 200) return 'exiting';
    holder.child.kill('SIGKILL');
    while (isRunning(holder.pid));
    return null;
  };
  const lock = new PidLockFile(path).acquireSync();
  expect(lock.isLocked()).toBe(true);
  lock.release();
});
