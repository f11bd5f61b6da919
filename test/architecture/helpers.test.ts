import { existsSync, openSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { isLocked, lockHolders } from '../helpers/lock-probe.ts';
import { childrenOf, isRunning, observe } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';

let previous: Sandbox | undefined;

afterEach(() => {
  if (previous !== undefined && existsSync(previous.directory)) throw new Error('a sandbox outlived its test');
});

test('launch() collects output, status and signal', async () => {
  const box = sandbox();
  const told = await box.launch('-c', { executable: 'sh', args: ['cat; echo two >&2; exit 3'], stdin: { content: 'one' } });
  expect(told).toMatchObject({ code: 3, signal: null, stdout: 'one', stderr: 'two\n' });
  expect(await box.launch('-c', { executable: 'sh', args: ['kill -9 $$'] })).toMatchObject({ code: null, signal: 'SIGKILL' });
});

test('the deadline of a process counts from the first wait for its end: one that nobody waits for lives as long as its test', async () => {
  const box = sandbox();
  const idle = box.spawn('60', { executable: 'sleep', deadline: 1 });
  await expect(box.launch('60', { executable: 'sleep', deadline: 2 })).rejects.toThrow('did not end within 2 ms');
  expect(idle.child.killed).toBe(false);
  await expect(idle.finished).rejects.toThrow('did not end within 1 ms');
  expect(idle.child.killed).toBe(true);
});

test('launch() passes descriptors at their numbers and opens nothing between', async () => {
  const box = sandbox();
  writeFileSync(box.path('five'), '');
  const launched = box.spawn('-c', {
    executable: 'sh',
    args: ['echo up; read line'],
    stdin: 'pipe',
    descriptors: { 5: openSync(box.path('five'), 'r'), 9: 'pipe' },
  });
  // A program opens files of its own while it is loaded.
  await until(() => launched.stdout === 'up\n', { what: 'the shell' });
  const { child, pid } = launched;
  const seen = observe(pid);
  // What this process was itself started with and may leak is not the helper's doing.
  const leaked = observe(process.pid).fds.filter(({ fd, closeOnExec }) => fd > 2 && !closeOnExec);
  const given = seen.fds.filter(({ target }) => !leaked.some((other) => other.target === target));
  expect(given.map(({ fd }) => fd)).toEqual([0, 1, 2, 5, 9]);
  expect(given[3]?.target).toBe(box.path('five'));
  expect(child.stdio.at(9)).toBeTruthy();
  expect(seen).toMatchObject({ ppid: process.pid, cwd: box.directory, cmdline: ['sh', '-c', 'echo up; read line'] });
  expect(seen.environ['DAEMONIUM_TEST_TOKEN']).toBe(box.token);
  expect(childrenOf(process.pid)).toContain(pid);
});

test('observe() reads umask, limits, signals, session', async () => {
  const box = sandbox();
  const { pid } = box.spawn('-c', {
    executable: 'sh',
    args: ['umask 027; ulimit -c 0; trap "" HUP; echo x; exec sleep 30'],
    detached: true,
  });
  await until(() => observe(pid).comm === 'sleep', { what: 'the exec of sleep' });
  expect(observe(pid)).toMatchObject({
    umask: '0027',
    coreLimit: { soft: '0', hard: '0' },
    ignored: ['SIGHUP'],
    sid: pid,
    pgid: pid,
    tty: 0,
  });
});

test('launch() tells of a process that holds the output after the end', async () => {
  const box = sandbox();
  const running = box.spawn('-c', { executable: 'sh', args: ['setsid sleep 30 & exit 4'], deadline: 2_000 });
  await expect(running.finished).rejects.toThrow(
    /ended \(4\) but its output is still held open .* others of this test: \d+ \(.*1 -> (pipe|socket):/,
  );
});

test('dispose kills orphans in other sessions and those which fork on', async () => {
  const box = sandbox(() => {});
  previous = box;
  await box.launch('-c', { executable: 'sh', args: ['setsid sh -c "while :; do setsid sleep 0.01 & done" >/dev/null 2>&1 & exit 0'] });
  await until(() => carriersOf(box.token).length > 2, { what: 'the forking orphans' });
  await box[Symbol.asyncDispose]();
  expect(carriersOf(box.token)).toEqual([]);
  expect(existsSync(box.directory)).toBe(false);
});

test('a look sees a process whenever it is there: in the middle of an exec, and where each one makes the next and ends', async () => {
  for (const script of ['exec sh "$0"', 'sh "$0" &']) {
    const box = sandbox();
    writeFileSync(box.path('again.sh'), script);
    box.spawn(box.path('again.sh'), { executable: 'sh' });
    const looks = Array.from({ length: 40 }, () => carriersOf(box.token).length);
    expect(looks.filter((seen) => seen === 0)).toEqual([]);
    await box.reap();
  }
});

test('a process that a look leaves out has ended, or has another environment', async () => {
  const box = sandbox();
  for (let round = 0; round < 5; round++) {
    const args = ['console.log("up"); setInterval(() => {}, 60_000)'];
    const all = Array.from({ length: 3 }, () => box.spawn('-e', { executable: process.execPath, args }));
    await until(() => all.every(({ stdout }) => stdout === 'up\n'), { what: 'the processes' });
    for (const { pid } of all) process.kill(pid, 'SIGKILL');
    // Nothing comes between the last look and this: a moment later they have ended anyway.
    while (carriersOf(box.token).length > 0);
    expect(all.filter(({ pid }) => isRunning(pid))).toEqual([]);
  }
  const { pid } = box.spawn('-i', { executable: 'env', args: ['sleep', '30'] });
  await until(() => observe(pid).comm === 'sleep', { what: 'the exec of sleep' });
  expect([observe(pid).environ, carriersOf(box.token)]).toEqual([{}, []]);
  process.kill(pid, 'SIGKILL');
});

test('isLocked() and lockHolders() see a lock of another process only while it is held', async () => {
  const box = sandbox();
  expect(await box.isLocked()).toBe(false);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
  const { pid } = box.spawn(box.path('daemon.pid'), { executable: 'flock', args: ['sleep', '30'] });
  await until(() => isLocked(box.path('daemon.pid')), { what: 'the lock' });
  expect(lockHolders(box.path('daemon.pid'))).toContain(pid);
  await box.reap();
  expect(isRunning(pid)).toBe(false);
  expect(await box.isLocked()).toBe(false);
  expect(lockHolders(box.path('daemon.pid'))).toEqual([]);
});

test('until() says what it waited for', async () => {
  await expect(until(() => 0, { what: 'a number', deadline: 20 })).rejects.toThrow('Waited 20 ms for a number; last seen: 0');
});

test('fixture() accepts a name with and without its ending', () => {
  expect(fixture('start-ready')).toBe(fixture('start-ready.ts'));
});
