import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { processIsEnding, processLife } from '../../../packages/core/src/posix/processes.ts';
import { isRunning, statOf } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** A process whose parent takes its status at once when it ends, or never. */
async function child(isReaped: boolean): Promise<number> {
  const box = sandbox();
  const script = `sleep 600 & echo $!; ${isReaped ? 'wait; ' : ''}exec sleep 600`;
  const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...box.tokenEnv } });
  const [text] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(text.toString());
  expect(pid).toBeGreaterThan(1);
  await until(() => statOf(pid).comm === 'sleep', { what: 'the exec of sleep' });
  return pid;
}

function killAndWait(pid: number): void {
  process.kill(pid, 'SIGKILL');
  while (isRunning(pid));
}

test('a process is alive, and has ended as a zombie and without one', async () => {
  for (const isReaped of [true, false]) {
    const pid = await child(isReaped);
    expect([processLife(pid), processIsEnding(pid)]).toEqual(['alive', false]);
    killAndWait(pid);
    expect([processLife(pid), processIsEnding(pid)]).toEqual(['ended', true]);
  }
});

test('a process that ends between two looks is not taken for one that goes on', async () => {
  const pid = await child(true);
  const kill = process.kill;
  onTestFinished(() => void vi.restoreAllMocks());
  // Its end comes right after the kernel has said that it is there.
  vi.spyOn(process, 'kill').mockImplementation((asked, signal) => {
    const result = kill.call(process, asked, signal);
    if (asked === pid && signal === 0) {
      kill.call(process, pid, 'SIGKILL');
      while (isRunning(pid));
    }
    return result;
  });
  expect(processIsEnding(pid)).toBe(!isRunning(pid));
});
