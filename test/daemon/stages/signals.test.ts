import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { started } from './run.ts';

test('signals get their meaning in stage 7; one that comes after the seal waits for it', async () => {
  const box = sandbox();
  const { code, stderr } = await box.launch('stage-signals', { args: [box.path('notes')] });
  expect(code, stderr).toBe(0);
  const notes = () => readFileSync(box.path('notes'), 'utf8').trim().split('\n');
  expect(notes()[0]).toBe('sent');
  expect(notes().slice(1).toSorted()).toEqual(['function SIGHUP', 'method SIGTERM']);
  const pid = await box.readPid();
  for (const signal of ['SIGTSTP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGTTIN'] as const) process.kill(pid, signal);
  await until(() => notes().length === 6, { what: 'three more notes' });
  expect(notes().slice(3).toSorted()).toEqual(['method SIGTSTP', 'method SIGUSR1', 'method SIGUSR2']);
  expect(observe(pid).state).not.toBe('T');
  // A handler that rejects is an uncaught error.
  process.kill(pid, 'SIGWINCH');
  await until(() => !isRunning(pid), { what: 'the end of the daemon' });
  expect(await box.isLocked()).toBe(false);
});

test('by default SIGUSR1 opens no inspector, and job control stops nothing', async () => {
  const box = sandbox();
  const { pid } = await started(box, { stderr: 'err.log' });
  for (const signal of ['SIGUSR1', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGHUP'] as const) process.kill(pid, signal);
  expect(observe(pid).state).not.toBe('T');
  process.kill(pid, 'SIGINT');
  await until(() => !isRunning(pid), { what: 'the end of the daemon' });
  // Where Node says so when it listens for a debugger.
  expect(readFileSync(box.path('err.log'), 'utf8')).toBe('');
});

test("a module's class that lacks the method is an error of stage 7", async () => {
  const box = sandbox();
  const { stdout } = await box.launch('stage-module-signal');
  expect(JSON.parse(stdout)).toMatchObject({ stage: 7, cause: 'ERR_OPTION_VALUE', message: expect.stringContaining('signalMap.SIGUSR2') });
});
