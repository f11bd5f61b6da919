import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import * as posix from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { notRoot } from '../hold.ts';

test("errors are like Node's own", () => {
  let own: unknown;
  try {
    openSync('/nonexistent/x', 'r');
  } catch (error) {
    own = error;
  }
  const { errno, code } = own as NodeJS.ErrnoException;
  let ours: NodeJS.ErrnoException | undefined;
  try {
    posix.chroot('/nonexistent/x');
  } catch (error) {
    ours = error as NodeJS.ErrnoException;
  }
  expect(ours).toBeInstanceOf(Error);
  expect({ ...ours }).toEqual({ errno, code, syscall: 'chroot', path: '/nonexistent/x' });
  expect(ours?.message).toBe((own as Error).message.replace('open', 'chroot'));
  expect(() => posix.chroot('/\0/nonexistent')).toThrow(expect.objectContaining({ code: 'EINVAL', syscall: 'chroot' }));
  expect(() => posix.flock(999, posix.LOCK_EX)).toThrow(
    expect.objectContaining({ code: 'EBADF', syscall: 'flock', message: 'EBADF: bad file descriptor, flock' }),
  );
  expect(() => posix.flock(0, 0)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

test('flock: exclusive, shared, of the open file and not of the process', () => {
  const path = sandbox().path('x');
  writeFileSync(path, '');
  const [one, two, three] = [openSync(path, 'r'), openSync(path, 'r'), openSync(path, 'r')] as const;
  expect([posix.tryLockExclusive(one), posix.tryLockExclusive(two), posix.tryLockShared(two)]).toEqual([true, false, false]);
  closeSync(one);
  const four = openSync(path, 'r');
  expect([posix.tryLockShared(two), posix.tryLockShared(three), posix.tryLockExclusive(four)]).toEqual([true, true, false]);
  closeSync(two);
  closeSync(three);
  expect(posix.tryLockExclusive(four)).toBe(true);
  closeSync(four);
  expect(() => posix.tryLockShared(four)).toThrow('EBADF');
});

test('dup2, fcntl, close-on-exec', () => {
  const path = sandbox().path('x');
  writeFileSync(path, 'content');
  const from = openSync(path, 'r');
  const to = openSync('/dev/null', 'r');
  expect(posix.dup2(from, to)).toBe(to);
  const buffer = Buffer.alloc(7);
  readSync(to, buffer);
  expect(buffer.toString()).toBe('content');
  expect([posix.isCloseOnExec(from), posix.isCloseOnExec(to)]).toEqual([true, false]);
  posix.setCloseOnExec(to);
  expect([posix.isCloseOnExec(to), observe(process.pid).fds.find(({ fd }) => fd === to)?.closeOnExec]).toEqual([true, true]);
  posix.setCloseOnExec(to, false);
  expect(posix.isCloseOnExec(to)).toBe(false);
  const copy = posix.fcntl(from, posix.F_DUPFD, 100);
  expect([copy >= 100, posix.isCloseOnExec(copy)]).toEqual([true, false]);
  expect([posix.dup2(from, from), posix.isCloseOnExec(from)]).toEqual([from, true]);
  for (const fd of [from, to, copy]) closeSync(fd);
  for (const fd of [to, from]) expect(() => posix.dup2(from, fd)).toThrow('EBADF: bad file descriptor, dup2');
  expect(() => posix.isCloseOnExec(copy)).toThrow('EBADF');
});

test('limits, in a process of their own', async () => {
  const { stdout, stderr } = await sandbox().launch(fixture('lock-limits'));
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    core: ['0', '0'],
    files: ['64', '128'],
    refused: 'EINVAL',
    wrong: ['ERR_OUT_OF_RANGE', 'ERR_OUT_OF_RANGE', 'ERR_OUT_OF_RANGE'],
  });
});

test('the data bases of users and groups', () => {
  const { username, uid, gid, homedir, shell } = userInfo();
  const me = { name: username, uid, gid, home: homedir, shell };
  expect([posix.lookupUser(username), posix.lookupUser(uid), posix.lookupUser(String(uid))]).toEqual([me, me, me]);
  const passwd = readFileSync('/etc/passwd', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(':'));
  for (const [name = '', , id, group, , home, shell_] of passwd) {
    expect(posix.lookupUser(name)).toEqual({ name, uid: Number(id), gid: Number(group), home, shell: shell_ });
  }
  for (const line of readFileSync('/etc/group', 'utf8').trim().split('\n')) {
    const [name = '', , id] = line.split(':');
    expect([posix.lookupGroup(name), posix.lookupGroup(Number(id))?.gid]).toEqual([{ name, gid: Number(id) }, Number(id)]);
  }
  for (const nobody of [
    'no-such-user',
    '',
    'root\0x',
    -1,
    1.5,
    2 ** 32 - 1,
    2 ** 32,
    Number.NaN,
    '4294967295',
    '-1',
    '0x0',
    3_999_999_999,
  ]) {
    expect([nobody, posix.lookupUser(nobody), posix.lookupGroup(nobody)]).toEqual([nobody, null, null]);
  }
  expect(posix.getgrouplist(username, 4711)).toContain(4711);
});

test.skipIf(notRoot)('the credentials of every thread', async () => {
  const { stdout, stderr } = await sandbox().launch(fixture('lock-credentials'));
  expect(stderr).toBe('');
  const { before, after } = JSON.parse(stdout) as Record<
    'before' | 'after',
    Array<{ tid: number; uids: number[]; gids: number[]; groups: number[]; capabilities: string[] }>
  >;
  expect(before.length).toBeGreaterThan(3);
  for (const thread of before) expect(thread).toMatchObject({ uids: [0, 0, 0, 0], gids: [0, 0, 0, 0] });
  for (const thread of after)
    expect(thread).toMatchObject({ uids: [7, 7, 7, 7], gids: [8, 8, 8, 8], groups: [9, 10], capabilities: ['0', '0', '0', '0'] });
});

test('processes: start time, state, parent, group, session, whatever their name', async () => {
  const box = sandbox();
  mkdirSync(box.path('d'));
  writeFileSync(box.path('a) R 1 (x.mjs'), 'process.title = "a) R 1 (x"; console.log("titled"); setInterval(() => {}, 1e6)');
  const before = Date.now();
  const child = box.spawn(box.path('a) R 1 (x.mjs'), { detached: true });
  await until(() => child.stdout.includes('titled'), { what: 'the title' });
  const seen = observe(child.pid);
  expect(seen.comm).toBe('a) R 1 (x');
  expect(posix.processStartTicks(child.pid)).toBe(seen.startTime);
  expect(posix.processPlace(child.pid)).toMatchObject({ comm: seen.comm, parent: process.pid, group: child.pid, session: child.pid });
  // While a page comes from the disk it is another.
  await until(() => ['R', 'S'].includes(posix.processState(child.pid) ?? ''), { what: 'a process that runs or sleeps' });
  const started = posix.processStartDate(child.pid)?.getTime() ?? 0;
  // The kernel tells when it booted in whole seconds.
  expect([started > before - 1_200, started < Date.now() + 200]).toEqual([true, true]);
  // More looks than there are milliseconds in the uptime's hundredth of a second.
  const times = new Set<number | undefined>();
  for (const end = performance.now() + 30; performance.now() < end; ) times.add(posix.processStartDate(child.pid)?.getTime());
  expect(times.size).toBe(1);
  expect([posix.processOwner(child.pid), posix.processExists(child.pid)]).toEqual([process.getuid?.(), true]);
  child.child.kill('SIGKILL');
  await child.finished;
  const gone = [posix.processStartTicks, posix.processState, posix.processPlace, posix.processStartDate, posix.processOwner];
  expect(gone.map((ask) => ask(child.pid))).toEqual(gone.map(() => null));
  expect(posix.processExists(child.pid)).toBe(false);
});

test('a pidfd reaches one process and no later one', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const handle = posix.openProcess(child.pid ?? 0);
  handle.signal(0);
  expect(isRunning(child.pid ?? 0)).toBe(true);
  expect(() => handle.signal('SIGBOGUS' as NodeJS.Signals)).toThrow(RangeError);
  handle.signal('SIGKILL');
  await once(child, 'exit');
  expect(() => handle.signal(15)).toThrow(expect.objectContaining({ code: 'ESRCH', syscall: 'pidfd_send_signal' }));
  handle.close();
  handle.close();
  expect(() => handle.signal('SIGTERM')).toThrow('closed');
  expect(() => posix.openProcess(child.pid ?? 0)).toThrow(expect.objectContaining({ code: 'ESRCH', syscall: 'pidfd_open' }));
  expect(() => posix.openProcess(0)).toThrow();
});

test('a thread and a free pid are ESRCH, whatever error the kernel gives', () => {
  const thread = readdirSync('/proc/self/task')
    .map(Number)
    .find((tid) => tid !== process.pid);
  // Recent kernels say ENOENT, and so they do of a process that was reaped at this moment.
  for (const pid of [thread ?? 0, 4_194_305]) expect(() => posix.openProcess(pid)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
});

test('every process sees the same start time of a process, at any time', async () => {
  const box = sandbox();
  const program = `import('${import.meta.resolve('@daemonium/core/posix')}').then(({ processStartDate }) => console.log(processStartDate(${process.pid}).getTime()))`;
  const asked = await Promise.all([1, 2, 3].map(() => box.launch('-e', { args: [program], executable: process.execPath })));
  const here = posix.processStartDate(process.pid)?.getTime();
  expect(asked.map(({ stdout }) => Number(stdout))).toEqual([here, here, here]);
  const btime = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
  expect(here).toBe(btime * 1000 + observe(process.pid).startTime * 10);
});
