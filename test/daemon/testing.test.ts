import { spawn } from 'node:child_process';
import { Daemon, OptionError } from '@daemonium/daemon';
import { faulty, misbehave, parseFaultPlan, trackLeftovers, untilGone } from '@daemonium/daemon/testing';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { fixture, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';

test.each([
  ['stage5=hang', { at: 'stage5', fault: 'hang' }],
  ['after-stage9=SIGSEGV', { at: 'after-stage9', fault: 'SIGSEGV' }],
  ['run=exit:7', { at: 'run', fault: 'exit', code: 7 }],
  ['launcher-ready=throw-non-error', { at: 'launcher-ready', fault: 'throw-non-error' }],
])('the plan %s', (text, plan) => {
  expect(parseFaultPlan(text)).toEqual(plan);
});

test.each([
  '',
  'stage5',
  'stage0=hang',
  'stage10=hang',
  'stage5=nothing',
  'stage5=hang:1',
  'run=exit:256',
  'run=exit:-1',
  'stage5=SIGNONE',
  'a=b=c',
])("'%s' is no plan", (text) => {
  expect(() => parseFaultPlan(text)).toThrow(OptionError);
});

test('without a plan the class is the class itself; with one it has its name, and is one of it', () => {
  class Service extends Daemon {}
  expect(faulty(Service, [])).toBe(Service);
  const Faulty = faulty(Service, { at: 'stage5', fault: 'hang' });
  expect(Faulty).not.toBe(Service);
  expect(Faulty.name).toBe('Service');
  expect(new Faulty()).toBeInstanceOf(Service);
});

test('misbehave() throws and rejects as told', async () => {
  expect(() => misbehave('throw')).toThrow(expect.objectContaining({ code: 'ERR_INJECTED' }));
  await expect(misbehave('reject')).rejects.toMatchObject({ code: 'ERR_INJECTED' });
  await expect(async () => misbehave('throw-non-error')).rejects.toBe('an injected value that is no error');
});

test('untilGone() waits for the lock and for the process, and its error names what is left', async () => {
  const box = sandbox();
  const daemon = new Daemon({ target: fixture('fault-module'), pidFile: box.path('daemon.pid'), env: box.tokenEnv, detach: true });
  await daemon.start();
  await expect(untilGone(daemon, { timeout: 50 })).rejects.toMatchObject({
    code: 'ERR_NOT_GONE',
    message: `The daemon is not gone after 50 ms: the lock of '${box.path('daemon.pid')}' is held`,
  });
  const { pid } = daemon;
  process.kill(pid as number, 'SIGKILL');
  await untilGone(daemon);
  expect([isRunning(pid as number), daemon.pidFile?.isActive()]).toEqual([false, false]);

  const lockless = new Daemon({ target: fixture('fault-module'), env: box.tokenEnv, detach: true });
  await lockless.start();
  await expect(untilGone(lockless, { timeout: 50 })).rejects.toThrow(`process ${lockless.pid} lives`);
  process.kill(lockless.pid as number, 'SIGKILL');
  await untilGone(lockless);
});

test('trackLeftovers() finds what a test has started, and nothing else', async () => {
  const box = sandbox();
  await using leftovers = trackLeftovers();
  const mark = (env: Readonly<Record<string, string>>) => spawn('sleep', ['30'], { env: { ...process.env, ...env }, stdio: 'ignore' });
  const marked = mark(leftovers.env);
  const other = mark(box.tokenEnv);
  await until(() => leftovers.pids().length === 1, { what: 'the exec of sleep' });
  expect(leftovers.pids()).toEqual([marked.pid]);
  expect(await leftovers.sweep()).toEqual([marked.pid]);
  expect(leftovers.pids()).toEqual([]);
  expect(isRunning(other.pid as number)).toBe(true);
});
