import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { control, Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { holdLock, notRoot, OTHER } from '../../core/hold.ts';
import type { Finished, LaunchOptions } from '../../helpers/launch.ts';
import { childrenOf, isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

function run(box: Sandbox, behaviour: string, verb: string, options: LaunchOptions = {}): Promise<Finished> {
  const { args = [], ...rest } = options;
  return box.launch('life-control', { args: [box.directory, behaviour, ...verb.split(' '), ...args], ...rest });
}

test('start, status, start again, stop, status, stop again', async () => {
  const box = sandbox();
  expect(await run(box, '', 'start')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^subject started, pid \d+\n$/), stderr: '' });
  const pid = await box.readPid();
  const status = await run(box, '', 'status');
  expect(status).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(`^subject is running, pid ${pid}, since \\d{4}-.*Z\n$`),
    stderr: '',
  });
  expect(await run(box, '', 'start')).toMatchObject({ code: 0, stdout: `subject is already running, pid ${pid}\n`, stderr: '' });
  expect(await run(box, '', 'foreground')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`pid ${pid}`) });
  expect(await run(box, '', 'stop')).toMatchObject({ code: 0, stdout: `subject stopped, pid ${pid}\n`, stderr: '' });
  expect([isRunning(pid), await box.isLocked()]).toEqual([false, false]);
  expect(await run(box, '', 'status')).toMatchObject({ code: 3, stdout: 'subject is not running\n', stderr: '' });
  expect(await run(box, '', 'stop')).toMatchObject({ code: 0, stdout: 'subject is not running\n', stderr: '' });
});

test('restart starts a stopped daemon, too; reload reloads it', async () => {
  const box = sandbox();
  expect(await run(box, '', 'reload')).toMatchObject({ code: 7, stdout: '', stderr: 'subject is not running\n' });
  expect((await run(box, '', 'restart')).code).toBe(0);
  const first = await box.readPid();
  expect(await run(box, '', 'restart --timeout 5000')).toMatchObject({ code: 0, stderr: '' });
  const second = await box.readPid();
  expect([second !== first, isRunning(first), isRunning(second)]).toEqual([true, false, true]);
  expect((await run(box, '', 'reload')).code).toBe(0);
  expect(isRunning(second)).toBe(true);
});

test('status as JSON, and of one that is dead', async () => {
  const box = sandbox();
  await run(box, '', 'start');
  const pid = await box.readPid();
  const running = await run(box, '', 'status --json');
  expect([running.code, JSON.parse(running.stdout)]).toMatchObject([
    0,
    { running: true, pid, since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
  ]);
  process.kill(pid, 'SIGKILL');
  await until(() => !isRunning(pid), { what: 'its end' });
  const dead = await run(box, '', 'status --json');
  expect([dead.code, JSON.parse(dead.stdout)]).toMatchObject([1, { running: false, pid: null, since: null }]);
  expect(await run(box, '', 'status')).toMatchObject({ code: 1, stdout: expect.stringContaining('is dead') });
  writeFileSync(box.path('daemon.pid'), '');
  expect((await run(box, '', 'status')).code).toBe(3);
});

test('a lock without a proved holder: status exits 4, and the verbs that signal fail', async () => {
  const box = sandbox();
  const holder = await holdLock(box, box.path('daemon.pid'), 'acquire');
  expect(await run(box, '', 'status')).toMatchObject({ code: 4, stdout: expect.stringContaining('not known') });
  for (const verb of ['stop', 'reload', 'restart', 'start']) {
    expect(await run(box, '', verb)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(box.path('daemon.pid')) });
  }
  expect(isRunning(holder.pid)).toBe(true);
});

test.skipIf(notRoot)('not permitted: 4', async () => {
  const box = sandbox();
  await run(box, '', 'start');
  const pid = await box.readPid();
  expect(await run(box, '', 'stop', { uid: OTHER, gid: OTHER })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('Not permitted'),
  });
  // Nor is it said to be unknown, or the directory to be the trouble.
  expect(await run(box, '', 'status', { uid: OTHER, gid: OTHER })).toMatchObject({
    code: 4,
    stdout: 'subject seems to run (the lock is held); only root or its owner can see which process it is\n',
  });
  expect(await run(box, '', 'start', { uid: OTHER, gid: OTHER })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('only root or its owner can see which process it is'),
  });
  expect(isRunning(pid)).toBe(true);
});

test('a daemon that fails: 1, with its output and the reason', async () => {
  const box = sandbox();
  const { code, stderr, stdout } = await run(box, 'fails', 'start');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('about to fail');
  expect(stderr).toContain('RangeError: stage 5 cannot be done');
  expect([existsSync(box.path('daemon.pid')), (await run(box, 'fails', 'status')).code]).toEqual([false, 3]);
  // A restart that cannot start leaves it stopped, and says so.
  await run(box, '', 'start');
  expect((await run(box, 'fails', 'restart')).code).toBe(1);
  expect([existsSync(box.path('daemon.pid')), (await run(box, '', 'status')).code]).toEqual([false, 3]);
});

test('--timeout of stop: it is killed half a second later', async () => {
  const box = sandbox();
  await run(box, 'ignores', 'start');
  const pid = await box.readPid();
  expect(await run(box, 'ignores', 'stop --timeout 0')).toMatchObject({
    code: 0,
    stdout: `subject stopped, pid ${pid}; it had to be killed\n`,
  });
  expect(isRunning(pid)).toBe(false);
});

test('foreground: in this process, until it is told to end', async () => {
  const box = sandbox();
  const subject = box.spawn('life-control', { args: [box.directory, '', 'foreground'] });
  await until(() => subject.stdout === 'running\n', { what: 'its output' });
  expect(await box.readPid()).toBe(subject.pid);
  subject.child.kill('SIGINT');
  expect(await subject.finished).toMatchObject({ code: 0, stdout: 'running\n', stderr: '' });
});

test.each([
  { quiet: '', shown: 'running\n', filed: false },
  { quiet: ' --quiet', shown: '', filed: true },
])('foreground shows the output that would go to a file, unless --quiet: %j', async ({ quiet, shown, filed }) => {
  const box = sandbox();
  const subject = box.spawn('life-control', { args: [box.directory, 'logs', ...`foreground${quiet}`.split(' ')] });
  const out = () => (filed ? readFileSync(box.path('out.log'), 'utf8') : subject.stdout);
  await until(() => out() === 'running\n', { what: 'its output' });
  subject.child.kill('SIGTERM');
  expect(await subject.finished).toMatchObject({ code: 0, stdout: shown });
  expect(existsSync(box.path('out.log'))).toBe(filed);
});

test('pidFile null: only a start can be done, and everything else says why', async () => {
  const box = sandbox();
  expect(await run(box, 'no-pid-file', 'status')).toMatchObject({ code: 4, stdout: expect.stringContaining('pidFile: null') });
  for (const verb of ['stop', 'restart', 'reload']) {
    expect(await run(box, 'no-pid-file', verb)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('pidFile: null') });
  }
  expect((await run(box, 'no-pid-file', 'start')).code).toBe(0);
});

test('logs: the end of each log, without opening or making one; -f goes on, and ends with its tail', async () => {
  const box = sandbox();
  const show = (line: string, options: LaunchOptions = {}) => run(box, 'logs', line, options);
  expect(await run(box, '', 'logs')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('subject has no log that is known'),
  });
  expect(await show('logs')).toMatchObject({ code: 1, stderr: expect.stringContaining(box.path('app.log')) });
  expect([existsSync(box.path('out.log')), existsSync(box.path('app.log'))]).toEqual([false, false]);
  writeFileSync(box.path('out.log'), 'one\ntwo\n');
  writeFileSync(box.path('app.log'), 'three\n');
  // Of the same path only once, and relative to the directory.
  const two = `==> ${box.path('out.log')} <==\ntwo\n\n==> ${box.path('app.log')} <==\nthree\n`;
  expect(await show('logs -n 1')).toMatchObject({ code: 0, stdout: two, stderr: '' });
  const following = box.spawn('life-control', { args: [box.directory, 'logs', 'logs', '--follow', '--lines', '0'] });
  const [tail = 0] = await until(() => (childrenOf(following.pid).length === 1 ? childrenOf(following.pid) : null), { what: 'tail' });
  const begun = () => {
    appendFileSync(box.path('out.log'), 'begin\n');
    return following.stdout.includes('begin\n');
  };
  await until(begun, { what: 'the first line', interval: 50 });
  renameSync(box.path('out.log'), box.path('out.log.1'));
  writeFileSync(box.path('out.log'), 'after a rotation\n');
  await until(() => following.stdout.includes('after a rotation\n'), { what: 'the new file' });
  process.kill(following.pid, 'SIGTERM');
  expect(await following.finished).toMatchObject({ code: 143 });
  expect(isRunning(tail)).toBe(false);
});

test.each([
  ['', 'a verb is missing'],
  ['bogus', "unknown verb 'bogus'"],
  ['toString', "unknown verb 'toString'"],
  ['start now', "unexpected argument 'now'"],
  ['status --bad', "'--bad'"],
  ['start --json', '--json is for status'],
  ['status --follow', '--follow is for logs'],
  ['stop -n 5', '--lines is for logs'],
  ['logs --lines few', "'few'"],
  ['status --timeout 5', '--timeout is for stop, restart, step-down, upgrade, and not for status'],
  ['stop --timeout', '--timeout'],
  ['stop --timeout soon', "'soon'"],
  ['stop --timeout -5', '--timeout'],
  ['stop --timeout=-5', "'-5'"],
  ['stop --timeout 1.5', "'1.5'"],
  ['status --json=yes', '--json'],
])('wrong usage, %j: 2, with the verbs on stderr', async (line, fault) => {
  const box = sandbox();
  const daemon = new Daemon({ name: 'subject', pidFile: box.path('daemon.pid') });
  const { code, stdout, stderr } = await called(daemon, line === '' ? [] : line.split(' '));
  expect([code, stdout]).toEqual([2, '']);
  const [first] = stderr.split('\n');
  expect(first).toContain(fault);
  for (const verb of ['start', 'stop', 'restart', 'upgrade', 'reload', 'status', 'foreground']) expect(stderr).toContain(`\n  ${verb} `);
});

test('--help: the verbs on stdout, 0', async () => {
  const { code, stdout, stderr } = await called(new Daemon(), ['status', '--help']);
  expect([code, stderr, stdout]).toEqual([0, '', expect.stringContaining('\n  foreground ')]);
  expect((await called(new Daemon(), ['-h'])).stdout).toBe(stdout);
  await expect(control(new Daemon(), 'status' as never)).rejects.toMatchObject({ name: 'OptionError', option: 'argv' });
});

test('on a terminal a line shows that it waits, and goes', async () => {
  const box = sandbox();
  const terminal = box.spawn('-qec', onTerminal(box, 'slow', 'start'));
  await until(() => terminal.stdout.includes('starting subject, stage 4 of 9'), { what: 'the stage that takes its time' });
  writeFileSync(box.path('go'), '');
  const { stdout, code } = await terminal.finished;
  expect(code).toBe(0);
  // What is left of it is the last message alone.
  expect(stdout).toMatch(/\r\x1b\[Ksubject started, pid \d+\r\n$/);
  const dumb = await box.launch('-qec', onTerminal(box, 'slow', 'stop', { TERM: 'dumb' }));
  expect(dumb.stdout).toMatch(/^subject stopped, pid \d+\r\n$/);
});

test('a terminal that goes while the command waits, without a signal that says so, does not end it', async () => {
  const box = sandbox();
  const { args = [], ...options } = onTerminal(box, 'hung-up', 'start');
  const terminal = box.spawn('-qec', { ...options, args: [`trap '' HUP; ${args[0]}; :`, ...args.slice(1)] });
  await until(() => terminal.stdout.includes('stage 4 of 9'), { what: 'the wait' });
  terminal.child.kill('SIGKILL');
  await until(() => carriersOf(box.token).length <= 1, { what: 'the end of the launcher' });
  expect(existsSync(box.path('gone'))).toBe(true);
  expect(await box.launch('life-control', { args: [box.directory, 'hung-up', 'status'] })).toMatchObject({ code: 0 });
});

/** script(1) of util-linux gives a command a terminal of its own. */
function onTerminal(box: Sandbox, behaviour: string, verb: string, env: Record<string, string> = {}): LaunchOptions {
  const fixture = new URL('../../fixtures/dist/life-control.js', import.meta.url).pathname;
  const command = [process.execPath, fixture, box.directory, behaviour, verb].map((word) => `'${word}'`).join(' ');
  return { executable: 'script', args: [command, '/dev/null'], env: { TERM: 'xterm', LANG: 'C.UTF-8', ...env } };
}

/** A call in this process; what it prints is kept. */
async function called(daemon: Daemon, argv: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' };
  const write = { stdout: process.stdout.write, stderr: process.stderr.write };
  const before = process.exitCode;
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = ((text: string) => {
      printed[name] += text;
      return true;
    }) as typeof process.stdout.write;
  }
  try {
    await control(daemon, argv);
    return { code: process.exitCode, ...printed };
  } finally {
    process.exitCode = before;
    for (const name of ['stdout', 'stderr'] as const) process[name].write = write[name];
  }
}
