import { chmodSync, closeSync, constants, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { AlreadyLockedError, openHolder, PidLockFile, proveHolder } from '@daemonium/core';
import { childProcesses, lockForHandover, removeStale, unsealLock } from '@daemonium/core/handover';
import { flock, LOCK_EX, LOCK_NB } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { compile, noCompiler } from '../../helpers/compile.ts';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { hasBus, messageBus } from '../../helpers/message-bus.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { notRoot, OTHER } from '../hold.ts';

const ACCESS_MODE = 3;

/** How this process, or another, has the file open: the access modes of open(2). */
function accessModes(path: string, pid = process.pid): number[] {
  return observe(pid)
    .fds.filter(({ target }) => target === path)
    .map(({ flags }) => flags & ACCESS_MODE);
}

test('the locked description cannot be written, and once the pid is written nothing else is open that could', () => {
  const lock = new PidLockFile(sandbox().path('x.pid')).acquireSync();
  expect(() => writeSync(lock.fd ?? -1, '1\n')).toThrow('EBADF');
  expect(accessModes(lock.path)).toEqual([constants.O_RDONLY, constants.O_WRONLY]);
  lock.seal();
  expect(accessModes(lock.path)).toEqual([constants.O_RDONLY]);
  lock.release();
  expect(accessModes(lock.path)).toEqual([]);
});

/** A daemon without rights, and what it answers. */
async function heirOf(box: Sandbox, lock: PidLockFile) {
  const args = [JSON.stringify({ ...lockForHandover(lock, 'launcher'), fd: 3 })];
  const heir = box.spawn(fixture('lock-word-of-launcher'), { args, stdin: 'pipe', descriptors: { 3: lock.fd ?? -1 } });
  let asked = 0;
  const ask = async (question: string): Promise<unknown> => {
    heir.child.stdin?.write(`${question}\n`);
    asked++;
    await until(() => heir.stdout.split('\n').length > asked, { what: `an answer to ${question}; ${heir.stderr}` });
    return JSON.parse(heir.stdout.split('\n')[asked - 1] ?? '');
  };
  return { heir, ask };
}

test('the launcher writes the pid that the kernel gives; the daemon cannot write, and sees that it was done', async () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('x.pid')).acquireSync();
  const { heir, ask } = await heirOf(box, lock);
  expect(await ask('state')).toEqual({ locked: true, primary: false, pid: null, check: 'own' });
  expect(await ask('seal')).toContain(
    `ERR_NOT_MY_LOCK: Not my lock '${lock.path}': the launcher was to write ${heir.pid} to it, and it is empty`,
  );
  expect(childProcesses(process.pid)).toContain(heir.pid);
  lock.seal(heir.pid);
  expect(await ask('seal')).toBe('done');
  expect(await ask('state')).toEqual({ locked: true, primary: true, pid: heir.pid, check: 'own' });
  expect(accessModes(lock.path, heir.pid)).toEqual([constants.O_RDONLY]);
  expect(await ask('write')).toContain('EBADF');
  if (notRoot === false) {
    expect(await ask('reopen')).toContain('EACCES');
    expect(await ask('open')).toContain('EACCES');
  }
  expect([readFileSync(lock.path, 'utf8'), proveHolder(lock.path)]).toEqual([`${heir.pid}\n`, expect.objectContaining({ pid: heir.pid })]);
  heir.child.kill('SIGKILL');
  await heir.finished;
  lock[Symbol.dispose]();
});

test('a daemon that the file does not name has no pid file', async () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('x.pid')).acquireSync();
  const { ask } = await heirOf(box, lock);
  lock.seal(process.pid);
  expect(await ask('seal')).toContain(`it holds "${process.pid}\\n"`);
  expect(await ask('state')).toMatchObject({ primary: false, pid: null });
  lock[Symbol.dispose]();
});

test.skipIf(notRoot)('at its end the file is left, silently; a stop with the right to removes it, and a start takes it', async () => {
  const box = sandbox();
  for (const next of ['stop', 'start']) {
    const lock = new PidLockFile(box.path('x.pid')).acquireSync();
    const { heir, ask } = await heirOf(box, lock);
    lock.seal(heir.pid);
    expect(await ask('seal')).toBe('done');
    // Held: not stale, whoever asks.
    closeSync(lock.fd ?? -1);
    expect(removeStale(lock.path)).toBe(false);
    expect(await ask('release')).toBe('done');
    heir.child.stdin?.end();
    expect((await heir.finished).stderr).toBe('');
    expect(new PidLockFile(lock.path).check()).toBe('stale');
    if (next === 'stop') {
      expect([removeStale(lock.path), new PidLockFile(lock.path).check(), removeStale(lock.path)]).toEqual([true, 'missing', false]);
    } else new PidLockFile(lock.path).seal().release();
    expect(() => lock.release()).toThrow('descriptor');
  }
});

test('a file that is no pid file, or that this user could not believe, is not removed', () => {
  const box = sandbox();
  writeFileSync(box.path('notes'), 'precious');
  writeFileSync(box.path('x.pid'), '77\n');
  chmodSync(box.path('x.pid'), 0o666);
  expect(['notes', 'x.pid', 'nothing'].map((name) => removeStale(box.path(name)))).toEqual([false, false, false]);
  expect([readFileSync(box.path('notes'), 'utf8'), readFileSync(box.path('x.pid'), 'utf8')]).toEqual(['precious', '77\n']);
});

test('a start that failed: the lock that the caller had is as it was before', () => {
  const lock = new PidLockFile(sandbox().path('x.pid')).acquireSync();
  lock.seal(4711);
  unsealLock(lock);
  expect([lock.pid, lock.isLocked(), readFileSync(lock.path, 'utf8')]).toEqual([null, true, '']);
  expect(lock.seal().isPrimary()).toBe(true);
  lock.release();
  expect(() => unsealLock(lock)).toThrow('not held');
});

test('childProcesses(): the child of a shell, by its pid alone', async () => {
  const box = sandbox();
  const shell = box.spawn('-c', { executable: 'sh', args: ['sleep 60 & echo $!; wait'] });
  const child = Number(await until(() => shell.stdout.trim(), { what: 'the child' }));
  expect(childProcesses(shell.pid)).toEqual([child]);
  expect([childProcesses(child), childProcesses(4_194_305)]).toEqual([[], []]);
});

// Somebody who has broken into a daemon without rights wants root's stop() to hit another process.
const attack = test.skipIf(notRoot !== false || noCompiler !== false);

/** A process of root's that keeps what it is sent. */
async function victimOf(box: Sandbox, program: string) {
  const socket = box.path('socket');
  const victim = box.spawn('', { executable: program, args: ['keep', socket] });
  await until(() => victim.stdout.includes('listening'), { what: `the victim; ${victim.stderr}` });
  chmodSync(socket, 0o777);
  return { victim, socket };
}

attack('SCM_RIGHTS: with a description that can be written, root proves the victim', async () => {
  const box = sandbox();
  const program = compile(box, 'descriptors');
  const { victim, socket } = await victimOf(box, program);
  writeFileSync(box.path('x.pid'), '');
  const fd = openSync(box.path('x.pid'), 'r+');
  flock(fd, LOCK_EX | LOCK_NB);
  const args = ['name', socket, '3', String(victim.pid)];
  const attacker = box.spawn('', { executable: program, args, descriptors: { 3: fd }, uid: OTHER, gid: OTHER });
  await until(() => victim.stdout.includes('kept'), { what: `the victim to keep it; ${attacker.stderr}` });
  expect(attacker.stdout).toContain('wrote');
  closeSync(fd);
  expect(proveHolder(box.path('x.pid'))).toMatchObject({ pid: victim.pid });
});

attack('SCM_RIGHTS: with what is handed over, the file goes on naming the daemon, and the signal finds it', async () => {
  const box = sandbox();
  const program = compile(box, 'descriptors');
  const { victim, socket } = await victimOf(box, program);
  const lock = new PidLockFile(box.path('x.pid')).acquireSync();
  const { fd } = lockForHandover(lock, 'launcher');
  const args = ['name', socket, '3', String(victim.pid)];
  const attacker = box.spawn('', { executable: program, args, descriptors: { 3: fd }, uid: OTHER, gid: OTHER });
  await until(() => victim.stdout.includes('kept'), { what: `the victim to keep it; ${attacker.stderr}` });
  expect(attacker.stdout).toMatch(/^(EINVAL|EBADF)\n/);
  lock.seal(attacker.pid);
  expect(lockHolders(lock.path)).toEqual(expect.arrayContaining([victim.pid, attacker.pid]));
  const holder = openHolder(lock.path);
  if (typeof holder === 'string') throw new Error(holder);
  expect(holder.pid).toBe(attacker.pid);
  holder.signal('SIGKILL');
  holder.close();
  await attacker.finished;
  closeSync(fd);
  // Gone; and whom it gave the lock to keeps the next start away, and is hit by nobody.
  expect([isRunning(victim.pid), openHolder(lock.path)]).toEqual([true, 'unproved']);
  expect(() => new PidLockFile(lock.path).acquireSync()).toThrow(AlreadyLockedError);
});

test.skipIf(notRoot !== false || noCompiler !== false || !hasBus)('SCM_RIGHTS into a dbus-daemon as it is: the same', async () => {
  const box = sandbox();
  const program = compile(box, 'descriptors');
  const { bus, socket } = await messageBus(box);
  const lock = new PidLockFile(box.path('x.pid')).acquireSync();
  const attacker = box.spawn('', {
    executable: program,
    args: ['dbus', socket, '3'],
    descriptors: { 3: lock.fd ?? -1 },
    uid: OTHER,
    gid: OTHER,
  });
  const word = () => new Error(`the attacker says '${attacker.stdout}', '${attacker.stderr}'`);
  await until(() => lockHolders(lock.path).includes(bus.pid) || Promise.reject(word()), { what: 'the bus to have it' });
  // A bus can be made to hold the lock, and so only what the file says stands between it and root's stop().
  expect(proveHolder(lock.path, { pid: bus.pid })).toMatchObject({ pid: bus.pid });
  lock.seal(attacker.pid);
  expect(proveHolder(lock.path)).toMatchObject({ pid: attacker.pid });
  lock[Symbol.dispose]();
});
