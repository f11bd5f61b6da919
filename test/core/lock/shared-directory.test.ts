import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { PidLockFile, proveHolder } from '@daemonium/core';
import { internals } from '@daemonium/core/handover';
import { flock, LOCK_EX, LOCK_NB } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { holdLock, kill, notRoot, OTHER } from '../hold.ts';

function directory(box: Sandbox, mode: number, owner = process.getuid?.() ?? 0, group = process.getgid?.() ?? 0): string {
  const path = box.path(`d${mode.toString(8)}`);
  mkdirSync(path);
  chownSync(path, owner, group);
  chmodSync(path, mode);
  return path;
}

/** What becomes of a stale file: its inode, watched through a descriptor, and the one that the path names afterwards. */
function takenOver(
  path: string,
  options = {},
): { same: boolean; old: { size: number; mode: number; uid: number; nlink: number }; mode: number } {
  const watched = openSync(path, 'r');
  try {
    const { ino } = fstatSync(watched);
    const lock = new PidLockFile(path, options).seal();
    const { size, mode, uid, nlink } = fstatSync(watched);
    const now = statSync(path);
    expect([readFileSync(path, 'utf8'), now.nlink, lock.isPrimary()]).toEqual([`${process.pid}\n`, 1, true]);
    lock.release();
    return { same: now.ino === ino, old: { size, mode: mode & 0o7777, uid, nlink }, mode: now.mode & 0o7777 };
  } finally {
    closeSync(watched);
  }
}

test('a stale file is taken over where only root and the caller can write, and replaced where others can', () => {
  const box = sandbox();
  for (const [mode, same] of [
    [0o755, true],
    [0o700, true],
    [0o1777, false],
    [0o1775, false],
    [0o775, false],
  ] as const) {
    const path = `${directory(box, mode)}/x.pid`;
    writeFileSync(path, '77\n', { mode: 0o600 });
    const seen = takenOver(path);
    expect([mode.toString(8), seen.same, seen.mode]).toEqual([mode.toString(8), same, 0o644]);
    // Not emptied, not chmodded: only its name has gone.
    if (!same) expect(seen.old).toMatchObject({ size: 3, mode: 0o600, nlink: 0 });
  }
});

test('an empty file is replaced like a stale one', () => {
  const path = `${directory(sandbox(), 0o1777)}/x.pid`;
  writeFileSync(path, '', { mode: 0o600 });
  expect(takenOver(path)).toMatchObject({ same: false, old: { mode: 0o600 } });
});

test('a file that others could have open for writing is replaced anywhere', () => {
  const path = sandbox().path('x.pid');
  writeFileSync(path, '77\n');
  chmodSync(path, 0o666);
  expect(takenOver(path)).toMatchObject({ same: false, old: { size: 3, mode: 0o666 }, mode: 0o644 });
});

test.skipIf(notRoot)("another user's file is refused, unless the option uid names him; then it is replaced", () => {
  const box = sandbox();
  for (const mode of [0o755, 0o1777]) {
    const path = `${directory(box, mode)}/x.pid`;
    writeFileSync(path, '77\n');
    chownSync(path, OTHER, OTHER);
    const before = statSync(path, { bigint: true });
    expect(() => new PidLockFile(path).seal()).toThrow(expect.objectContaining({ code: 'ERR_PID_FILE_INSECURE' }));
    const { ino, size, ctimeNs } = statSync(path, { bigint: true });
    expect([ino, size, ctimeNs]).toEqual([before.ino, before.size, before.ctimeNs]);
    expect(takenOver(path, { uid: OTHER })).toMatchObject({ same: false, old: { size: 3, uid: OTHER } });
  }
});

test.skipIf(notRoot)("another user's file whose daemon runs: no message says to remove it", async () => {
  const box = sandbox();
  const path = `${directory(box, 0o755, OTHER, OTHER)}/x.pid`;
  const holder = await holdLock(box, path, 'seal', { uid: OTHER, gid: OTHER });
  const said = () => {
    try {
      new PidLockFile(path).acquireSync();
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  };
  expect(said()).toMatch(
    new RegExp(`belongs to uid ${OTHER}, .*; its lock is held, so a daemon of uid ${OTHER} runs: manage it as that user$`),
  );
  await kill(holder);
  expect(said()).toContain('remove it');
});

test.skipIf(notRoot)('a file of root that this user may lock, and not replace, is left alone', async () => {
  const box = sandbox();
  const path = `${directory(box, 0o1777)}/x.pid`;
  writeFileSync(path, '77\n');
  const tried = async () => JSON.parse((await box.launch('lock-try', { args: [path], uid: OTHER, gid: OTHER })).stdout) as object;
  expect(await tried()).toMatchObject({ name: 'LockFailedError', code: 'EPERM' });
  expect(readFileSync(path, 'utf8')).toBe('77\n');
  // Whoever runs is told of, not the directory.
  const holder = await holdLock(box, path);
  expect(await tried()).toMatchObject({ name: 'AlreadyLockedError', pid: holder.pid });
  const closed = await holdLock(box, `${directory(box, 0o755)}/x.pid`);
  const { stdout } = await box.launch('lock-try', { args: [box.path('d755', 'x.pid')], uid: OTHER, gid: OTHER });
  expect(JSON.parse(stdout)).toMatchObject({ name: 'AlreadyLockedError', pid: closed.pid });
});

/** Refused at the start and at the stop, in the same words; and nothing is made. */
async function refusedByBoth(box: Sandbox, directory: string, words: RegExp): Promise<void> {
  const path = `${directory}/x.pid`;
  const { stdout } = await box.launch('lock-try', { args: [path] });
  const tried = JSON.parse(stdout) as { message: string };
  expect(tried).toMatchObject({ name: 'PidFileInsecureError', code: 'ERR_PID_FILE_INSECURE', path, message: expect.stringMatching(words) });
  expect(() => new PidLockFile(path).seal()).toThrow(tried.message);
  await expect(new PidLockFile(path).acquire({ timeout: 5000 })).rejects.toThrow(tried.message);
  expect(readdirSync(directory)).toEqual([]);
  // A daemon that holds one there all the same is not believed.
  writeFileSync(path, `${process.pid}\n`, { mode: 0o644 });
  const fd = openSync(path, 'r');
  flock(fd, LOCK_EX | LOCK_NB);
  expect([proveHolder(path), internals.whyInsecure(path)?.message]).toEqual(['insecure', tried.message]);
  closeSync(fd);
}

test('a directory that everybody can write, without the sticky bit', async () => {
  const box = sandbox();
  await refusedByBoth(
    box,
    directory(box, 0o777),
    /every user can write its directory \(mode 0777, without the sticky bit\); use a directory that/,
  );
});

test.skipIf(notRoot)("as root: a directory that a group other than root's can write", async () => {
  const box = sandbox();
  await refusedByBoth(box, directory(box, 0o775, 0, OTHER), new RegExp(`the group ${OTHER} can write its directory \\(mode 0775\\)`));
  // Its own user may do as he likes with it: his group is his own.
  const own = directory(box, 0o2775, OTHER, OTHER);
  const { stdout } = await box.launch('lock-try', { args: [`${own}/x.pid`], uid: OTHER, gid: OTHER });
  expect(JSON.parse(stdout)).toMatchObject({ locked: true });
});

test.skipIf(notRoot)('a mount that is all 0777', async () => {
  const box = sandbox();
  mkdirSync(box.path('mount'));
  const script = 'mount -t tmpfs -o mode=0777 none "$2" && "$0" "$1" "$2/x.pid"; ls "$2"';
  const args = ['sh', '-c', script, process.execPath, fixture('lock-try'), box.path('mount')];
  const { stdout } = await box.launch('-m', { executable: 'unshare', args });
  expect(JSON.parse(stdout)).toMatchObject({ code: 'ERR_PID_FILE_INSECURE', check: 'missing' });
});

test('whatever acquire takes, the proof believes', () => {
  const box = sandbox();
  const root = process.getuid?.() === 0;
  for (const [mode, group] of [
    [0o755],
    [0o700],
    [0o1777],
    [0o3777],
    [0o775],
    [0o770],
    [0o777],
    [0o1757],
    [0o757],
    [0o775, OTHER],
    [0o1775, OTHER],
  ] as const) {
    const path = `${directory(box, mode, process.getuid?.(), root ? group : undefined)}/x.pid`;
    const lock = new PidLockFile(path);
    let taken = true;
    try {
      lock.seal();
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_PID_FILE_INSECURE' });
      taken = false;
    }
    const proved = typeof proveHolder(path) === 'object';
    expect([mode.toString(8), group, proved]).toEqual([mode.toString(8), group, taken]);
    lock[Symbol.dispose]();
    rmSync(dirname(path), { recursive: true });
  }
});

test('a hard link in a shared directory is refused, and its other name is as it was', () => {
  const box = sandbox();
  const shared = directory(box, 0o1777);
  writeFileSync(box.path('precious'), '77\n', { mode: 0o600 });
  linkSync(box.path('precious'), `${shared}/x.pid`);
  expect(() => new PidLockFile(`${shared}/x.pid`).seal()).toThrow(/2 hard links/);
  expect([statSync(box.path('precious')).mode & 0o7777, readFileSync(box.path('precious'), 'utf8')]).toEqual([0o600, '77\n']);
});
