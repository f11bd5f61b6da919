import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { childrenOf, isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { failureOf } from './told.ts';

async function expectNothingLeft(box: Sandbox): Promise<void> {
  expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
  expect(await box.isLocked()).toBe(false);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s to the launcher undoes the start, and ends it with %i', async (signal, code) => {
  const box = sandbox();
  const launcher = box.spawn('start-interrupted');
  await until(() => launcher.stdout.includes('stage 5'), { what: 'stage 5' });
  await box.readPid();
  launcher.child.kill(signal);
  const { code: ended, stdout, stderr } = await launcher.finished;
  expect({ ended, stderr }).toEqual({ ended: code, stderr: '' });
  // It ends there: what the script would do about a failed start is not done.
  expect(stdout).not.toContain('"ok"');
  await expectNothingLeft(box);
});

test("the program's own listener decides whether the launcher ends; the start is undone, and its error says so", async () => {
  const box = sandbox();
  const launcher = box.spawn('start-interrupted', { args: ['SIGINT'] });
  await until(() => launcher.stdout.includes('stage 5'), { what: 'stage 5' });
  launcher.child.kill('SIGINT');
  const finished = await launcher.finished;
  expect(finished.stdout).toContain('own SIGINT');
  const failure = failureOf({ ...finished, stdout: finished.stdout.slice(finished.stdout.indexOf('{')) });
  expect(failure).toMatchObject({ code: 'ERR_START_INTERRUPTED', message: expect.stringMatching(/was undone: the launcher got SIGINT$/) });
  await expectNothingLeft(box);
});

test("the program's own listener ends it at once: no pid is left in the file, which keeps its lock until the daemon is gone", async () => {
  const box = sandbox();
  const launcher = box.spawn('start-interrupted', { args: ['SIGTERM', 'exits'] });
  await until(() => launcher.stdout.includes('stage 5'), { what: 'stage 5' });
  await box.readPid();
  launcher.child.kill('SIGTERM');
  expect(await launcher.finished).toMatchObject({ code: 3, stderr: '' });
  await until(() => carriersOf(box.token).length === 0, { what: 'the end of the daemon' });
  await until(async () => !(await box.isLocked()), { what: 'the lock' });
  expect(readFileSync(box.path('daemon.pid'), 'utf8')).toBe('');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s when the daemon has been let go: start() settles and says so, and then the launcher ends with %i', async (signal, code) => {
  const box = sandbox();
  // The launcher has still to wait for the daemon's output, which somebody holds.
  const finished = await box.launch('start-output-held', { args: [signal] });
  expect(finished).toMatchObject({ code, stderr: '' });
  const pid = await box.readPid();
  expect(JSON.parse(finished.stdout)).toMatchObject({ ok: true, pid });
  expect([isRunning(pid), await box.isLocked()]).toEqual([true, true]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s in the turn in which start() has resolved is not lost: the launcher ends with %i, the daemon stays',
  async (signal, code) => {
    const box = sandbox();
    expect(await box.launch('start-then-signal', { args: [signal] })).toMatchObject({ code, stdout: 'sent\n', stderr: '' });
    expect([isRunning(await box.readPid()), await box.isLocked()]).toEqual([true, true]);
  },
);

test('activate() that has let the daemon go reports it, and ends with 0 whatever signal comes', async () => {
  const box = sandbox();
  const launcher = box.spawn('start-output-held', { args: ['activate'] });
  const pid = await box.readPid();
  await until(() => childrenOf(launcher.pid).length === 0, { what: 'the end of the shell', interval: 1 });
  launcher.child.kill('SIGINT');
  const { code, stderr } = await launcher.finished;
  expect([code, stderr]).toEqual([0, '']);
  expect([isRunning(pid), await box.isLocked()]).toEqual([true, true]);
});

test('a signal that comes as soon as nothing of the start listens any more finds a program that has said how it went', async () => {
  const box = sandbox();
  // In the launcher alone, and not in the daemon, to which the flag crosses.
  const text = `const { off, env: { LAUNCHER } } = process;
    delete process.env.LAUNCHER;
    if (LAUNCHER) process.off = function (event, listener) {
      off.call(this, event, listener);
      if (event === 'SIGTERM') process.kill(process.pid, 'SIGTERM');
      return this;
    };`;
  writeFileSync(box.path('at-once.cjs'), text);
  const launcher = await box.launch('start-ready', { execArgv: ['--require', box.path('at-once.cjs')], env: { LAUNCHER: '1' } });
  expect(launcher).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
  const { ok, pid } = JSON.parse(launcher.stdout) as { readonly ok: boolean; readonly pid: number };
  expect([ok, isRunning(pid), await box.isLocked()]).toEqual([true, true, true]);
});

test('Ctrl-C on a terminal undoes a start, and does nothing to a daemon that is ready', async () => {
  const box = sandbox();
  // script(1) makes the terminal, and is one of its own: what it reads, the terminal reads.
  const terminal = (command: string) => box.spawn('', { executable: 'script', args: ['-qec', command, '/dev/null'], stdin: 'pipe' });
  const slow = terminal(`${process.execPath} ${new URL('../../fixtures/dist/start-interrupted.js', import.meta.url).pathname}`);
  await until(() => slow.stdout.includes('stage 5'), { what: 'stage 5' });
  slow.child.stdin?.write('\x03');
  expect((await slow.finished).code).toBe(130);
  await expectNothingLeft(box);

  const ready = terminal(`${process.execPath} ${new URL('../../fixtures/dist/start-ready.js', import.meta.url).pathname}; echo typed; cat`);
  // Whatever the Ctrl-C finds then, it ends: the shell, or cat.
  await until(() => ready.stdout.includes('typed'), { what: 'the end of the launcher' });
  const pid = await box.readPid();
  expect(observe(pid).tty).toBe(0);
  ready.child.stdin?.write('\x03');
  await ready.finished;
  expect(isRunning(pid)).toBe(true);
});

test('a daemon has no descriptor of the terminal, wherever its launcher has some', async () => {
  const box = sandbox();
  // Node.js marks the numbers up to 15 by itself, and those behind them only without a gap. dash has numbers of one digit alone.
  const [shell, numbers] = existsSync('/bin/bash') ? ['/bin/bash', [3, 9, 20]] : ['/bin/sh', [3, 9]];
  const opened = `exec ${numbers.map((fd) => `${fd}<>/dev/tty`).join(' ')} && ${numbers.map((fd) => `[ -t ${fd} ]`).join(' && ')}`;
  writeFileSync(box.path('script'), `${opened} && exec '${process.execPath}' '${fixture('start-ready')}'\n`);
  const args = ['-qec', `${shell} '${box.path('script')}'`, '/dev/null'];
  const { code, stdout } = await box.launch('', { executable: 'script', args, stdin: { content: '' } });
  expect(code, stdout).toBe(0);
  const { fds, tty } = observe(await box.readPid());
  expect(fds.filter(({ target }) => /^\/dev\/(tty|pts\/|ptmx|console)/.test(target))).toEqual([]);
  expect(tty).toBe(0);
});

test.each([
  ['before', { name: 'AbortError' }],
  ['at-once', { name: 'AbortError' }],
  ['in-stage1', { class: 'RangeError', message: 'changed my mind' }],
  ['in-stage', { class: 'RangeError', message: 'changed my mind' }],
  ['time-out', { name: 'TimeoutError' }],
])('an AbortSignal undoes the start: %s', async (when, expected) => {
  const box = sandbox();
  expect(failureOf(await box.launch('start-aborted', { args: [when] }))).toMatchObject({ ok: false, pid: null, ...expected });
  await expectNothingLeft(box);
});

test('an abort after the start has worked changes nothing', async () => {
  const box = sandbox();
  const { stdout } = await box.launch('start-aborted', { args: ['after-ready'] });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  expect(await box.isLocked()).toBe(true);
});

test('an abort while the start waits for the lock leaves the holder alone', async () => {
  const box = sandbox();
  const { stdout } = await box.launch('start-ready');
  const { pid } = JSON.parse(stdout) as { pid: number };
  expect(failureOf(await box.launch('start-aborted', { args: ['at-lock'] }))).toMatchObject({ name: 'AbortError', pid: null });
  expect(await box.readPid()).toBe(pid);
  expect(carriersOf(box.token).filter(isRunning)).toEqual([pid]);
});

test('a launcher that is stopped for a while finds its daemon ready, and nothing it wrote is lost', async () => {
  const box = sandbox();
  const launcher = box.spawn('start-output', { args: ['paused'] });
  await until(() => launcher.stdout.includes('stage 4'), { what: 'stage 4' });
  process.kill(launcher.pid, 'SIGSTOP');
  await until(() => readFileSync(box.path('ticks'), 'utf8').length > 20, { what: 'a daemon that goes on' });
  process.kill(launcher.pid, 'SIGCONT');
  const { stdout } = await launcher.finished;
  expect(JSON.parse(stdout.split('\n')[1] ?? '')).toMatchObject({ ok: true, lengths: [300_001, 0] });
});
