import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { openHolder, PidLockFile, proveHolder } from '@daemonium/core';
import { processState } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import type { Launched } from '../../helpers/launch.ts';
import { isRunning, statOf } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { holdLock, kill, lockedByOther, notRoot, OTHER, zombie } from '../hold.ts';

test('the sealed holder is proved, with the time it has been running since', async () => {
  const box = sandbox();
  const before = Date.now();
  const holder = await holdLock(box, box.path('x.pid'));
  const proved = proveHolder(box.path('x.pid'));
  expect(proved).toEqual({ pid: holder.pid, since: expect.any(Date) });
  const since = (proved as { since: Date }).since.getTime();
  // The boot time is known to the second.
  expect([since > before - 1200, since < Date.now() + 200]).toEqual([true, true]);
  await kill(holder);
  expect(proveHolder(box.path('x.pid'))).toBe('unlocked');
});

test('a signal goes to the proved holder by its pidfd, and to no process when the holder is dead', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = await holdLock(box, path);
  const held = openHolder(path);
  if (typeof held === 'string') throw new Error(held);
  held.signal(0);
  held.signal('SIGTERM');
  expect(await holder.finished).toMatchObject({ signal: 'SIGTERM' });
  expect(() => held.signal('SIGTERM')).toThrow(expect.objectContaining({ code: 'ESRCH', syscall: 'pidfd_send_signal' }));
  held.close();
  held.close();
  expect(() => held.signal(0)).toThrow('closed');
  expect(openHolder(path)).toBe('unlocked');
});

test('a locked file that names a process without the lock: no holder is proved', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const bystander = box.spawn('60', { executable: 'sleep' });
  await holdLock(box, path, 'acquire');
  expect(proveHolder(path)).toBe('unproved');
  const forged = [
    bystander.pid,
    process.pid,
    process.ppid,
    1,
    0,
    -1,
    2 ** 31,
    4_194_305,
    '',
    'garbage',
    ' 5',
    '0x10',
    `${bystander.pid}\nmore`,
  ];
  for (const content of forged) {
    writeFileSync(path, `${content}`);
    expect([content, proveHolder(path), openHolder(path)]).toEqual([content, 'unproved', 'unproved']);
  }
  expect(isRunning(bystander.pid)).toBe(true);
});

test('not locked: no holder, even if the file names a zombie, a reused pid or this process', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const dead = await zombie(box);
  for (const pid of [dead.pid, dead.parent, process.pid, process.ppid, 1]) {
    writeFileSync(path, `${pid}\n`);
    const lock = new PidLockFile(path);
    expect([proveHolder(path), lock.check(), lock.readPid(), lock.isActive()]).toEqual(['unlocked', 'stale', pid, false]);
    // A start succeeds, and nobody is bothered.
    expect(lock.seal().isPrimary()).toBe(true);
    lock.release();
  }
  expect(isRunning(dead.parent)).toBe(true);
});

test('a process that has the file open, or locks another one, is no holder', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  await holdLock(box, path, 'acquire');
  const reader = box.spawn('-c', {
    executable: 'sh',
    args: ['exec 7<"$1"; exec 8>"$2"; flock -n 8 && echo ready; exec sleep 60', 'sh', path, box.path('other')],
  });
  await until(() => reader.stdout.includes('ready'), { what: 'the reader' });
  writeFileSync(path, `${reader.pid}\n`);
  expect(proveHolder(path)).toBe('unproved');
});

test('a pid to be proved may be given instead', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = await holdLock(box, path, 'acquire');
  expect(proveHolder(path, { pid: holder.pid })).toMatchObject({ pid: holder.pid });
  expect(proveHolder(path, { pid: process.pid })).toBe('unproved');
});

test('a supervisor seals for its child: proved once the child has the descriptor', async () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('x.pid')).acquireSync();
  const child = box.spawn('60', { executable: 'sleep', descriptors: { 3: lock.fd ?? -1 } });
  await until(() => statSync(`/proc/${child.pid}/fd/3`).isFile(), { what: 'the exec' });
  lock.seal(child.pid);
  expect([proveHolder(lock.path), lock.isPrimary()]).toEqual([expect.objectContaining({ pid: child.pid }), false]);
  lock.release();
  const stranger = new PidLockFile(box.path('y.pid')).seal(box.spawn('60', { executable: 'sleep' }).pid);
  expect(proveHolder(stranger.path)).toBe('unproved');
  stranger.release();
});

test('files that others can write, have two names, or are links, prove nothing', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  await holdLock(box, path);
  expect(proveHolder(path)).toMatchObject({ pid: expect.any(Number) });
  for (const mode of [0o664, 0o646, 0o666]) {
    chmodSync(path, mode);
    expect([mode, proveHolder(path), openHolder(path)]).toEqual([mode, 'insecure', 'insecure']);
  }
  chmodSync(path, 0o644);
  linkSync(path, box.path('second'));
  expect(proveHolder(path)).toBe('insecure');
  renameSync(box.path('second'), box.path('second'));
  symlinkSync(path, box.path('link'));
  expect(proveHolder(box.path('link'))).toBe('insecure');
});

test('a file that is removed and made anew, as by a restart, is never called insecure', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  writeFileSync(`${path}.counter`, '0');
  const restarting = box.spawn(fixture('lock-contend'), { args: [path, '600'] });
  const seen: Record<string, number> = {};
  while (restarting.child.exitCode === null) {
    for (let looks = 0; looks < 100; looks++) {
      const holder = proveHolder(path);
      const what = typeof holder === 'string' ? holder : 'proved';
      seen[what] = (seen[what] ?? 0) + 1;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(seen).not.toHaveProperty('insecure');
  expect(Object.keys(seen)).toEqual(expect.arrayContaining(['missing', 'proved']));
  expect(JSON.parse((await restarting.finished).stdout)).toEqual({ overlaps: 0 });
});

test('a directory that all may write, without the sticky bit', async () => {
  const box = sandbox();
  mkdirSync(box.path('open'));
  const path = box.path('open', 'x.pid');
  await holdLock(box, path);
  chmodSync(box.path('open'), 0o777);
  expect(proveHolder(path)).toBe('insecure');
  chmodSync(box.path('open'), 0o1777);
  expect(proveHolder(path)).toMatchObject({ pid: expect.any(Number) });
});

test.skipIf(notRoot)("as root: a user can swap root's file in his directory, and cannot make it name another process", async () => {
  const box = sandbox();
  mkdirSync(box.path('theirs'));
  const path = box.path('theirs', 'x.pid');
  const holder = await holdLock(box, path);
  chownSync(box.path('theirs'), OTHER, OTHER);
  expect(proveHolder(path)).toMatchObject({ pid: holder.pid });
});

test.skipIf(notRoot)('a directory that its group may write: as root only if that is its own, as another user always', async () => {
  const box = sandbox();
  const shared = box.path('shared');
  mkdirSync(shared);
  chmodSync(shared, 0o775);
  const ours = box.path('shared', 'x.pid');
  const holder = await holdLock(box, ours);
  expect(proveHolder(ours)).toMatchObject({ pid: holder.pid });
  chownSync(shared, 0, OTHER);
  expect([proveHolder(ours), openHolder(ours)]).toEqual(['insecure', 'insecure']);
  const theirs = box.path('shared', 'y.pid');
  const other = await holdLock(box, theirs, 'seal', { uid: OTHER, gid: OTHER });
  const looked = () => box.launch('lock-look', { args: [theirs], uid: OTHER, gid: OTHER });
  expect(JSON.parse((await looked()).stdout)).toMatchObject({ holder: { pid: other.pid } });
  // All may write.
  chmodSync(shared, 0o777);
  expect(JSON.parse((await looked()).stdout)).toMatchObject({ holder: 'insecure' });
});

test.skipIf(notRoot)("as root: another user's file proves nothing, although that user's process holds it", async () => {
  const box = sandbox();
  mkdirSync(box.path('theirs'));
  chownSync(box.path('theirs'), OTHER, OTHER);
  const path = box.path('theirs', 'x.pid');
  const holder = await holdLock(box, path, 'seal', { uid: OTHER, gid: OTHER });
  expect(proveHolder(path)).toBe('insecure');
  expect(isRunning(holder.pid)).toBe(true);
  // Its own user may.
  const { stdout } = await box.launch('lock-look', { args: [path], uid: OTHER, gid: OTHER });
  expect(JSON.parse(stdout)).toMatchObject({ holder: { pid: holder.pid } });
});

test.skipIf(notRoot)('eight layouts of owner, mode and directory: as root all are refused, and nothing is changed', async () => {
  const box = sandbox();
  const victim = box.spawn('60', { executable: 'sleep' });
  for (const owner of [0, OTHER]) {
    for (const mode of [0o644, 0o664, 0o646, 0o666]) {
      if (owner === 0 && mode === 0o644) continue;
      const path = box.path(`${owner}-${mode.toString(8)}.pid`);
      writeFileSync(path, `${victim.pid}\n`);
      chmodSync(path, mode);
      chownSync(path, owner, owner);
      const locker = box.spawn('-x', { executable: 'flock', args: [path, 'sh', '-c', 'echo locked; exec sleep 60'] });
      await until(() => locker.stdout.includes('locked'), { what: 'the locker' });
      const before = statSync(path);
      expect(openHolder(path)).toBe('insecure');
      const after = statSync(path);
      expect([after.mtimeMs, after.ctimeMs, readFileSync(path, 'utf8')]).toEqual([before.mtimeMs, before.ctimeMs, `${victim.pid}\n`]);
    }
  }
  expect(isRunning(victim.pid)).toBe(true);
});

test.skipIf(notRoot)("root's file that another user keeps locked: the start names that user, and no process is signalled", async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const victim = box.spawn('60', { executable: 'sleep' });
  writeFileSync(path, `${victim.pid}\n`);
  const locker = await lockedByOther(box, path);
  expect(() => new PidLockFile(path).acquireSync()).toThrow(
    new RegExp(`process ${locker.pid} of another user \\(uid ${OTHER}\\); mode 0o600`),
  );
  expect([openHolder(path), proveHolder(path)]).toEqual(['unproved', 'unproved']);
  expect(isRunning(victim.pid)).toBe(true);
  await box.reap();
  // A process that is ending has lost its environment, by which it is found, before its lock.
  await locker.finished;
  // With mode 0o600 it cannot even be opened.
  const lock = new PidLockFile(path, { mode: 0o600 }).seal();
  const { stdout } = await box.launch('-n', { executable: 'flock', args: [path, 'echo', 'locked'], uid: OTHER, gid: OTHER });
  expect(stdout).toBe('');
  lock.release();
});

test.skipIf(notRoot)('across pid namespaces: the lock holds, and the holder is not seen', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = await holdLock(box, path);
  const inside = (program: string) => box.launch('--pid', unshared([process.execPath, fixture(program), path]));
  const tried = await inside('lock-try');
  expect(JSON.parse(tried.stdout)).toMatchObject({ name: 'AlreadyLockedError', path });
  const looked = JSON.parse((await inside('lock-look')).stdout) as object;
  expect(looked).toEqual({ check: 'running', readPid: holder.pid, isActive: true, isStale: false, holder: 'unproved' });
});

test.skipIf(notRoot)('across pid namespaces: a namesake is not proved, seen from inside', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  await holdLock(box, path, 'acquire');
  const script = 'sleep 60 & echo $! >"$2"; "$0" "$1" "$2"; kill -0 $! && echo $!';
  const { stdout } = await box.launch('--pid', unshared(['sh', '-c', script, process.execPath, fixture('lock-look'), path]));
  const [looked = '', namesake = ''] = stdout.split('\n');
  expect(Number(namesake)).toBeGreaterThan(1);
  expect(JSON.parse(looked)).toMatchObject({ check: 'running', readPid: Number(namesake), holder: 'unproved' });
});

test.skipIf(notRoot)('across pid namespaces: a namesake is not proved, seen from outside', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = box.spawn('--pid', { ...unshared([process.execPath, fixture('lock-hold'), path, 'seal']), stdin: 'pipe' });
  await until(() => holder.stdout.includes('held'), { what: `the holder; ${holder.stderr}` });
  // The first process of its namespace; ours has one, too.
  expect([readFileSync(path, 'utf8'), isRunning(1)]).toEqual(['1\n', true]);
  expect([proveHolder(path), openHolder(path), new PidLockFile(path).check()]).toEqual(['unproved', 'unproved', 'running']);
});

/** In a pid namespace of its own, with its own /proc. */
function unshared(command: readonly string[]): { executable: string; args: string[] } {
  return { executable: 'unshare', args: ['--fork', '--mount-proc', ...command] };
}

/** A holder whose main thread has ended, and whose lock will be free in 300 ms. */
async function leaving(box: Sandbox, path: string): Promise<Launched> {
  const holder = box.spawn(fixture('lock-leader-exits'), { args: [path], stdin: 'pipe' });
  await until(() => holder.stdout.includes('held'), { what: `the holder; ${holder.stderr}` });
  holder.child.stdin?.write('\n');
  await until(() => statOf(holder.pid).state === 'Z', { what: "the main thread's end" });
  expect([isRunning(holder.pid), processState(holder.pid)]).toEqual([true, 'R']);
  writeFileSync(`${path}.go`, '');
  return holder;
}

test('a holder that is ending shows no files, and has its lock still: the answer waits until the lock is free', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = await leaving(box, path);
  expect(proveHolder(path)).toBe('unlocked');
  await holder.finished;
});

test('the lock of a holder that is ending is taken as soon as it is free', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = await leaving(box, path);
  const lock = await new PidLockFile(path).acquire();
  expect(lock.isLocked()).toBe(true);
  lock.release();
  await holder.finished;
});
