import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { descriptorsOf, isRunning, observe, statOf } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { endOfForeground, eventsOf, inForeground, startSubject, textOf, waitForEvent } from '../subject.ts';

/** Ports of the inspector and whatever else this process listens on, over IPv4 and IPv6. */
function listening(pid: number): number[] {
  const sockets = new Set(descriptorsOf(pid).map(({ target }) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(inode))
      .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)),
  );
}

test('the default map: SIGHUP reloads, SIGUSR1 opens no inspector, the terminal stop signals do nothing', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'idle');
  for (const signal of ['SIGUSR1', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const) process.kill(pid, signal);
  process.kill(pid, 'SIGHUP');
  // The last one has had its effect, so the others, of lower and higher numbers, have had the turn before it.
  await waitForEvent(box, 'reload');
  process.kill(pid, 'SIGHUP');
  await until(() => eventsOf(box).filter((event) => event === 'reload').length === 2, { what: 'the second reload' });
  expect(statOf(pid).state).not.toMatch(/[Tt]/);
  expect(listening(pid)).toEqual([]);
  // The default action of the stop signals does nothing to a process without a terminal, but in the foreground it would.
  const meant = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGUSR1'];
  expect(observe(pid).caught).toEqual(expect.arrayContaining(meant));
});

test('SIGUSR1 before stage 7 opens no inspector either', async () => {
  const box = sandbox();
  const launcher = box.spawn('life-slow-stage', { args: [box.directory] });
  await waitForEvent(box, 'stage 4');
  const pid = Number(textOf(box, 'pid'));
  process.kill(pid, 'SIGUSR1');
  writeFileSync(box.path('go'), '');
  expect((await launcher.finished).code).toBe(0);
  expect([isRunning(pid), listening(pid)]).toEqual([true, []]);
});

test.each(['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)('%s in a stage before 6: death by that signal, and a free lock', async (signal) => {
  const box = sandbox();
  const launcher = box.spawn('life-slow-stage', { args: [box.directory] });
  await waitForEvent(box, 'stage 4');
  const pid = Number(textOf(box, 'pid'));
  process.kill(pid, signal);
  const { code, stdout } = await launcher.finished;
  expect([code, stdout]).toEqual([1, expect.stringContaining(`StartError ${signal}`)]);
  expect([isRunning(pid), await box.isLocked()]).toEqual([false, false]);
});

test('between the seal and stage 7 signals wait: SIGHUP reloads then, and SIGTERM terminates', async () => {
  const box = sandbox();
  const launcher = box.spawn('life-slow-stage', { args: [box.directory, '7'] });
  await waitForEvent(box, 'stage 7');
  const pid = await box.readPid();
  // One after the other: of two that are pending at once the kernel runs the later one's handler first.
  for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
    process.kill(pid, signal);
    // It has reached the process when its mask of pending ones is empty again.
    await until(() => /^ShdPnd:\t0+$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')), { what: 'its delivery' });
    // And the program when its event loop has turned after that.
    const turn = await until(() => Number(textOf(box, 'turn')), { what: 'a turn that is written in full' });
    await until(() => Number(textOf(box, 'turn')) > turn + 2, { what: 'turns of its event loop' });
  }
  expect(isRunning(pid)).toBe(true);
  writeFileSync(box.path('go'), '');
  const { code, stdout } = await launcher.finished;
  expect([code, stdout]).toEqual([1, 'StartError 0\n']);
  expect(eventsOf(box).slice(0, 2)).toEqual(['stage 7', 'reload']);
  expect([isRunning(pid), await box.isLocked()]).toEqual([false, false]);
});

test('signalMap: by name and number, to a method, a function, null', async () => {
  const box = sandbox();
  const subject = box.spawn('life-signal-map', { args: [box.directory] });
  await waitForEvent(box, 'ready');
  for (const signal of ['SIGUSR2', 'SIGWINCH', 'SIGINT', 'SIGCONT'] as const) subject.child.kill(signal);
  await until(() => eventsOf(box).length === 4, { what: 'three events' });
  // SIGINT is ignored, so SIGTERM is the first that ends it.
  subject.child.kill('SIGTERM');
  expect(await subject.finished).toMatchObject({ code: 0 });
  expect(eventsOf(box).sort()).toEqual(['function SIGWINCH', 'method SIGUSR2', 'number SIGCONT', 'ready']);
});

test('SIGHUP calls an overridden reload(), and super.reload() emits the event', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'own-reload');
  process.kill(pid, 'SIGHUP');
  await waitForEvent(box, 'reload');
  expect(eventsOf(box)).toEqual(['run', 'own reload', 'reload']);
});

test.each([
  ['throws', 'the handler threw'],
  ['rejects', 'the handler rejected'],
])('a handler that %s is an uncaught error: logged, 1, pid file removed', async (method, message) => {
  const box = sandbox();
  const subject = await inForeground(box, 'idle', { log: true, signalMap: { SIGUSR2: method } });
  subject.child.kill('SIGUSR2');
  expect(await endOfForeground(box, subject)).toMatchObject({ code: 1 });
  expect(textOf(box, 'log')).toContain(message);
});
