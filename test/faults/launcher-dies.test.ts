import { expect, test } from 'vitest';
import type { Launched } from '../helpers/launch.ts';
import { isRunning, statOf } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { expectComplete, expectNextStartWorks, expectNothingLeft, STAGES } from './invariants.ts';

function spawnWith(box: Sandbox, fault: string, startTimeout = 20_000): Launched {
  return box.spawn('fault-daemon', { args: [box.path('daemon.pid'), String(startTimeout)], env: { DAEMONIUM_FAULT: fault } });
}

const UNDONE = ['launcher-locked', 'launcher-spawned', 'launcher-stage1', 'launcher-stage9', 'launcher-ready'] as const;

test.each(UNDONE)('SIGKILL of the launcher, %s: there is no daemon', async (place) => {
  const box = sandbox();
  expect(await spawnWith(box, `${place}=SIGKILL`).finished).toMatchObject({ signal: 'SIGKILL' });
  await expectNothingLeft(box);
});

test('SIGKILL of the launcher that has just started a daemon: it goes on', async () => {
  const box = sandbox();
  expect(await spawnWith(box, 'launcher-started=SIGKILL').finished).toMatchObject({ signal: 'SIGKILL' });
  await until(() => expectComplete(box), { what: 'the daemon alone with its lock' });
});

// The launcher sends the second SIGURG with its last word. After that only the daemon may be left, and not the shell as its parent.
test('SIGKILL of the launcher with its last word: the daemon goes on alone', async () => {
  const box = sandbox();
  const args = ['--import', fixture('killed-at-second-wake'), fixture('fault-daemon'), box.path('daemon.pid'), '20000'];
  expect(await box.launch('', { executable: process.execPath, args })).toMatchObject({ signal: 'SIGKILL' });
  await until(() => expectComplete(box), { what: 'the daemon alone with its lock' });
});

// The stage hangs, so that the launcher is dead before it is over.
test.each(STAGES)('SIGKILL of the launcher while the daemon is in stage %i: the daemon undoes the start', async (stage) => {
  const box = sandbox();
  const launcher = spawnWith(box, `stage${stage}=hang`);
  await until(() => launcher.stdout.includes(stage === 1 ? 'spawned ' : `stage ${stage - 1}\n`), { what: `stage ${stage}` });
  launcher.child.kill('SIGKILL');
  await expectNothingLeft(box);
});

const STOPPED = ['launcher-locked', 'launcher-spawned', 'launcher-stage6', 'launcher-ready', 'launcher-started'] as const;

test.each(STOPPED)('SIGSTOP of the launcher, %s: after SIGCONT the start completes', async (place) => {
  const box = sandbox();
  const launcher = spawnWith(box, `${place}=SIGSTOP`);
  await until(() => statOf(launcher.pid).state === 'T', { what: 'the stopped launcher' });
  // Stopped or not, it holds the lock, or the daemon does.
  expect(await box.isLocked()).toBe(true);
  launcher.child.kill('SIGCONT');
  expect(await launcher.finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nstarted \d+\n$/) });
  expectComplete(box);
});

test.each(['launcher-spawned', 'launcher-ready'])('SIGSTOP of the launcher, %s, and then SIGKILL: there is no daemon', async (place) => {
  const box = sandbox();
  const launcher = spawnWith(box, `${place}=SIGSTOP`);
  await until(() => statOf(launcher.pid).state === 'T', { what: 'the stopped launcher' });
  launcher.child.kill('SIGKILL');
  await launcher.finished.catch(() => {});
  await expectNothingLeft(box);
});

test('SIGSTOP of the launcher while the daemon writes more than a pipe takes: nothing is lost, and the start completes', async () => {
  const box = sandbox();
  const env = { DAEMONIUM_FAULT: 'launcher-spawned=SIGSTOP', FAULT_OUTPUT: String(900_000) };
  const launcher = box.spawn('fault-daemon', { args: [box.path('daemon.pid'), '20000'], env });
  await until(() => statOf(launcher.pid).state === 'T', { what: 'the stopped launcher' });
  // Launcher, shell, daemon; which sleeps, instead of trying again and again.
  await until(() => carriersOf(box.token).filter((pid) => statOf(pid).state === 'S').length === 2, { what: 'a daemon that waits' });
  launcher.child.kill('SIGCONT');
  const written = 'written before the start\n'.length + 900_000;
  expect(await launcher.finished).toMatchObject({ code: 0, stdout: expect.stringContaining(`\noutput ${written}\nstarted `) });
  expectComplete(box);
});

test('SIGSTOP of the launcher for longer than startTimeout: the daemon gives up by itself', async () => {
  const box = sandbox();
  const launcher = spawnWith(box, 'launcher-stage1=SIGSTOP,stage5=hang', 2_000);
  await until(() => statOf(launcher.pid).state === 'T', { what: 'the stopped launcher' });
  await until(() => carriersOf(box.token).join() === String(launcher.pid), { what: 'the end of the daemon' });
  launcher.child.kill('SIGCONT');
  expect(await launcher.finished).toMatchObject({ code: 1, stdout: expect.stringContaining('"StartTimeoutError"') });
  await expectNothingLeft(box);
  await expectNextStartWorks(box);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s to the launcher in the middle of a start: all of it is undone, and its status says why', async (signal, status) => {
  const box = sandbox();
  const launcher = spawnWith(box, 'after-stage6=hang');
  await until(() => launcher.stdout.includes('stage 5\n'), { what: 'stage 6' });
  launcher.child.kill(signal);
  expect(await launcher.finished).toMatchObject({ code: status, signal: null });
  expect(isRunning(launcher.pid)).toBe(false);
  await expectNothingLeft(box);
});
