import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { type HolderOrder, holder, now } from './holder.ts';

/** With a second and more for what has to come before the next of them. */
const TIMES = { duration: 4_000, giveUp: 1_500, killAt: 3_000 };
/** Takes the lease, and is never answered again. */
const SILENT: HolderOrder = { key: 'key', engine: 'silent', options: TIMES, stays: true };

test.concurrent('an idle process is killed by the kernel at killAt, after it was told', async ({ onTestFinished }) => {
  const box = sandbox(onTestFinished);
  const silent = holder(box, SILENT);
  const held = await silent.hears('held');
  const timers = readFileSync(`/proc/${silent.pid}/timers`, 'utf8');
  expect(timers).toMatch(/^signal: 9\//m);
  // CLOCK_BOOTTIME
  expect(timers).toMatch(/^ClockID: 7$/m);
  const { signal } = await silent.process.finished;
  expect(signal).toBe('SIGKILL');
  expect(now()).toBeGreaterThan(held.at + Number(held['killIn']) - 1);
  expect(silent.said.map(({ what }) => what)).toEqual(['asking', 'held', 'lost']);
  expect(silent.said.at(-1)).toMatchObject({ why: 'late', isLocked: false });
  expect(silent.said.at(-1)?.['killIn']).toBeLessThanOrEqual(TIMES.killAt - TIMES.giveUp);
});

test.concurrent('the kernel kills a process in an endless loop at killAt', async ({ onTestFinished }) => {
  const silent = holder(sandbox(onTestFinished), SILENT);
  await silent.hears('held');
  silent.tell('busy');
  expect((await silent.process.finished).signal).toBe('SIGKILL');
});

test.concurrent('the kernel kills a stopped process at killAt, before it is woken', async ({ onTestFinished }) => {
  const silent = holder(sandbox(onTestFinished), SILENT);
  await silent.hears('held');
  silent.process.child.kill('SIGSTOP');
  expect((await silent.process.finished).signal).toBe('SIGKILL');
});

test.concurrent('no process is killed without the timer, or after it has given the lease up', async ({ onTestFinished }) => {
  const box = sandbox(onTestFinished);
  const without = holder(box, { ...SILENT, options: { ...TIMES, killAt: null } });
  const released = holder(box, SILENT);
  const held = await released.hears('held');
  await without.hears('held');
  released.tell('release');
  expect(readFileSync(`/proc/${without.pid}/timers`, 'utf8')).toBe('');
  await until(() => now() > held.at + TIMES.duration, { what: 'the time at which they would have been killed' });
  for (const each of [without, released]) {
    each.tell('state');
    expect(await each.hears('state')).toMatchObject({ isLocked: false });
    expect(isRunning(each.pid)).toBe(true);
  }
});
