import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { endOf, eventsOf, textOf, waitForEvent } from '../subject.ts';
import type { Options } from './fixtures/end-listeners.ts';

/** Starts the program, and gives the daemon's pid once it is at work. */
async function start(box: Sandbox, options: Options): Promise<number> {
  const launcher = box.spawn('end-listeners', { args: [box.directory, JSON.stringify(options)] });
  await until(() => eventsOf(box).includes('run'), { what: `run() of ${JSON.stringify(options)}; ${launcher.stderr}` });
  if (options.detach) expect((await launcher.finished).code).toBe(0);
  return box.readPid();
}

/** The program has heard of a signal, and of everything before it. */
async function heard(box: Sandbox, pid: number): Promise<void> {
  await until(() => /^ShdPnd:\t0+$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')), { what: 'the delivery of a signal' });
  const count = () => eventsOf(box).filter((event) => event === 'reload').length;
  const before = count();
  process.kill(pid, 'SIGHUP');
  await until(() => count() > before, { what: 'a reload' });
}

const WHERE = ['module', 'run', 'activate'] as const;
const HOW = ['on', 'once', 'prependListener', 'prependOnceListener'] as const;
const OWN = WHERE.flatMap((where) => HOW.flatMap((how) => [true, false].map((detach) => ({ where, how, detach }))));

test.for(OWN)("the program's own listener on SIGTERM comes to its end: %o", async (options, { onTestFinished }) => {
  const box = sandbox(onTestFinished);
  const pid = await start(box, { who: 'own', ...options });
  process.kill(pid, 'SIGTERM');
  await endOf(box, pid);
  expect(eventsOf(box)).toEqual(['run', 'cleaning up', 'clean', 'exit 0']);
  expect(textOf(box, 'stderr')).toBe('');
});

test.for(HOW)('a second SIGTERM changes nothing while a listener is at it: %s', async (how, { onTestFinished }) => {
  const box = sandbox(onTestFinished);
  const pid = await start(box, { who: 'own', where: 'run', how, detach: true });
  writeFileSync(box.path('hold'), '');
  process.kill(pid, 'SIGTERM');
  await waitForEvent(box, 'cleaning up');
  process.kill(pid, 'SIGTERM');
  await heard(box, pid);
  expect(isRunning(pid)).toBe(true);
  rmSync(box.path('hold'));
  await endOf(box, pid);
  expect(eventsOf(box).filter((event) => event !== 'cleaning up' && event !== 'reload')).toEqual(
    // A listener that stays is called again, and comes to its end again unless the process has.
    expect.arrayContaining(['run', 'clean', 'exit 0']),
  );
});

const PACKAGES = ['resends', 'flushes', 'close-with-grace', 'http-graceful-shutdown'] as const;
const USES = PACKAGES.flatMap((who) => [true, false].map((detach) => ({ who, detach })));

test.for(USES)('%o: its clean-up comes to its end, and it ends the process as it means to', async ({ who, detach }, { onTestFinished }) => {
  const box = sandbox(onTestFinished);
  const pid = await start(box, { who, where: 'run', detach });
  process.kill(pid, 'SIGTERM');
  await endOf(box, pid);
  expect(eventsOf(box)).toEqual(['run', 'cleaning up', 'clean', 'exit 0']);
  expect(textOf(box, 'stderr')).toBe('');
});

const LEAVING = ['signal-exit-3', 'signal-exit-4', 'both signal-exits'] as const;
const LEFT = LEAVING.flatMap((who) => WHERE.map((where) => ({ who, where })));

test.for(LEFT)('%o leaves the decision to others: SIGTERM ends the process at once', async (options, { onTestFinished }) => {
  const box = sandbox(onTestFinished);
  const pid = await start(box, { detach: true, ...options });
  process.kill(pid, 'SIGTERM');
  await endOf(box, pid);
  expect(eventsOf(box)).toEqual(expect.arrayContaining(['run', 'signal-exit', 'exit 0']));
  expect(textOf(box, 'stderr')).toBe('');
});

test('beside signal-exit the own listener is still the one that counts', async () => {
  const box = sandbox();
  const pid = await start(box, { who: 'signal-exit and own', where: 'module', detach: true });
  process.kill(pid, 'SIGTERM');
  await endOf(box, pid);
  expect(eventsOf(box).filter((event) => event !== 'signal-exit')).toEqual(['run', 'cleaning up', 'clean', 'exit 0']);
});
