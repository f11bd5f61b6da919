import { existsSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

async function activated(how: string) {
  const box = sandbox();
  const launcher = await box.launch('start-activate', { args: [how, box.path('daemon.pid')] });
  const run = () => until(() => JSON.parse(readFileSync(box.path('daemon.pid.run'), 'utf8')), { what: 'the daemon at work' });
  return { box, run, ...launcher };
}

test('activate() returns in the daemon; the launcher prints output and error, and exits with 0', async () => {
  const { box, run, stdout, stderr, code } = await activated('plain');
  expect({ stdout, stderr, code }).toEqual({ stdout: 'from stage 5\n', stderr: 'to stderr\n', code: 0 });
  const pid = await box.readPid();
  expect(await run()).toMatchObject({ pid, role: 'daemon', primary: true });
  expect(observe(pid)).toMatchObject({ comm: 'activated', cwd: '/', umask: '0077', tty: 0 });
});

test('the launcher prints why activate() failed, with the stack of the daemon, and exits with 1', async () => {
  const { box, stdout, stderr, code } = await activated('failing');
  expect({ stdout, code }).toEqual({ stdout: 'from stage 5\n', code: 1 });
  expect(stderr).toMatch(
    /^to stderr\nStartError: Daemon 'activated' failed in stage 5 \(working directory\): RangeError: not today\nRangeError: not today\n +at /,
  );
  expect(carriersOf(box.token)).toEqual([]);
  expect(await box.isLocked()).toBe(false);
});

test('report() can be overridden', async () => {
  const { box, stdout, code } = await activated('report');
  expect(code).toBe(42);
  expect(stdout).toBe(`my report: from stage 5, ${await box.readPid()}\n`);
});

test('activate() throws errors that are found before anything is spawned', async () => {
  const { stdout, code } = await activated('invalid');
  expect({ stdout, code }).toEqual({ stdout: 'caught OptionError\n', code: 9 });
});

test('activate() throws when another process holds the lock', async () => {
  const { box } = await activated('plain');
  const { stdout, code } = await box.launch('start-activate', { args: ['plain', box.path('daemon.pid')] });
  expect({ stdout, code }).toEqual({ stdout: 'caught AlreadyLockedError\n', code: 9 });
});

test('monitor: false fires and forgets: the lock crosses, and the streams are final', async () => {
  const { box, run, stdout, stderr, code } = await activated('forget');
  expect({ stdout, stderr, code }).toEqual({ stdout: '', stderr: '', code: 0 });
  const pid = await box.readPid();
  const seen = await run();
  expect(seen).toMatchObject({ pid, role: 'daemon', primary: true, input: 'some input' });
  expect(Object.keys(seen.env).filter((name) => /DAEMONIUM_START|_DAEMONIZE_PROCESS|^PWD$/.test(name))).toEqual(
    process.env['PWD'] === undefined ? [] : ['PWD'],
  );
  expect(await box.isLocked()).toBe(true);
  // No process waits for the end of the shell, which is right after its fork.
  await until(() => observe(pid).ppid !== observe(pid).sid, { what: 'the end of the shell' });
  const { sid, fds } = observe(pid);
  expect(sid).not.toBe(pid);
  expect(fds.filter(({ target }) => /deleted/.test(target)).map(({ fd }) => fd)).toEqual([0]);
  expect(readFileSync(box.path('daemon.pid.out'), 'utf8')).toBe('from stage 5\nlost\n');
  expect(readFileSync(box.path('daemon.pid.err'), 'utf8')).toBe('to stderr\n');
});

test('monitor: false: a log has the mode that the umask option leaves, whatever the umask of the launcher', async () => {
  const box = sandbox();
  const script = 'umask 0277; exec "$0" "$@"';
  const args = [script, process.execPath, fixture('start-activate'), 'forget', box.path('daemon.pid')];
  expect((await box.launch('-c', { executable: '/bin/sh', args })).code).toBe(0);
  expect(statSync(box.path('daemon.pid.out')).mode & 0o777).toBe(0o600);
});

test('monitor: false: a failure goes to stderr, and leaves nothing', async () => {
  const { box, code } = await activated('forget-failing');
  expect(code).toBe(0);
  // It has lost its environment before its lock is free.
  await until(async () => carriersOf(box.token).length === 0 && !(await box.isLocked()), { what: 'the end' });
  expect(readFileSync(box.path('daemon.pid.err'), 'utf8')).toMatch(/^to stderr\nthe start failed: RangeError: not today\n +at /);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

test('monitor: false is not for start()', async () => {
  const { stdout } = await activated('forget-start');
  expect(stdout).toMatch(/^Option 'monitor': expected true: start\(\) waits/);
});
