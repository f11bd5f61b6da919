import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { NotMyLockError, PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { holdLock, notRoot } from '../hold.ts';

/** The next warning of ours. */
async function warning(during: () => void): Promise<string> {
  const warned = once(process, 'warning') as Promise<[Error]>;
  during();
  return (await warned)[0].message;
}

test('release() of a removed file warns, and the object can be used again', async () => {
  const path = sandbox().path('x.pid');
  const lock = new PidLockFile(path).seal();
  unlinkSync(path);
  expect(await warning(() => lock.release())).toContain('was removed');
  expect([lock.fd, lock.isLocked()]).toEqual([null, false]);
  expect(lock.seal().isPrimary()).toBe(true);
  lock.release();
});

test("release() leaves a successor's file alone", async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const lock = new PidLockFile(path).seal();
  unlinkSync(path);
  const successor = await holdLock(box, path);
  expect(await warning(() => lock.release())).toContain('was replaced');
  expect([new PidLockFile(path).readPid(), await box.isLocked('x.pid')]).toEqual([successor.pid, true]);
});

test('release() leaves a file alone that was renamed to its path', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const lock = new PidLockFile(path).seal();
  writeFileSync(box.path('other'), 'precious');
  renameSync(box.path('other'), path);
  expect(await warning(() => lock.release())).toContain('was replaced');
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

test('a pid file that was moved away is left, and that is told', async () => {
  const box = sandbox();
  const lock = new PidLockFile(box.path('x.pid')).seal();
  renameSync(box.path('x.pid'), box.path('moved.pid'));
  expect(await warning(() => lock.release())).toContain('was moved');
  expect([readFileSync(box.path('moved.pid'), 'utf8'), new PidLockFile(box.path('moved.pid')).check()]).toEqual([
    `${process.pid}\n`,
    'stale',
  ]);
});

test('seal() into a file that was removed or replaced fails: a second holder is possible by now', () => {
  const path = sandbox().path('x.pid');
  const lock = new PidLockFile(path).acquireSync();
  unlinkSync(path);
  expect(() => lock.seal()).toThrow(NotMyLockError);
  const successor = new PidLockFile(path).acquireSync();
  expect(() => lock.seal()).toThrow(/removed or replaced/);
  lock[Symbol.dispose]();
  expect(successor.seal().readPid()).toBe(process.pid);
  successor.release();
});

test.each(['seal', 'release'] as const)(
  '%s() writes and closes nothing when the descriptor was closed and its number given to another file',
  (step) => {
    const box = sandbox();
    writeFileSync(box.path('other'), 'precious');
    const lock = new PidLockFile(box.path('x.pid')).acquireSync();
    const fd = lock.fd ?? -1;
    closeSync(fd);
    expect(openSync(box.path('other'), 'r+')).toBe(fd);
    expect(lock.isLocked()).toBe(false);
    expect(() => lock[step]()).toThrow(NotMyLockError);
    expect([fstatSync(fd).size, readFileSync(box.path('other'), 'utf8'), lock.fd]).toEqual([8, 'precious', null]);
    closeSync(fd);
    expect(lock.seal().isPrimary()).toBe(true);
    lock.release();
  },
);

test('release() fails when the descriptor was only closed', () => {
  const lock = new PidLockFile(sandbox().path('x.pid')).seal();
  closeSync(lock.fd ?? -1);
  expect([lock.isLocked(), lock.isPrimary(), lock.check()]).toEqual([false, false, 'stale']);
  expect(() => lock.release()).toThrow(NotMyLockError);
});

test('release() leaves alone a directory in the place of the file', async () => {
  const path = sandbox().path('x.pid');
  const lock = new PidLockFile(path).seal();
  unlinkSync(path);
  mkdirSync(path);
  expect(await warning(() => lock.release())).toContain('was replaced');
  expect(() => lock.breakLock()).toThrow(expect.objectContaining({ name: 'LockFailedError', path }));
  rmSync(path, { recursive: true });
});

test.skipIf(notRoot)(
  'without the right to remove the file a dropped user leaves it and warns once, and the next start succeeds',
  async () => {
    const box = sandbox();
    const path = box.path('x.pid');
    const { stdout, stderr, code, pid } = await box.launch(fixture('lock-dropped'), { args: [path] });
    expect([code, stdout]).toEqual([0, 'released\n']);
    expect(stderr.match(/cannot be removed \(EACCES\)/g)).toHaveLength(1);
    expect([readFileSync(path, 'utf8'), statSync(path).uid, new PidLockFile(path).check()]).toEqual([`${pid}\n`, 0, 'stale']);
    expect(new PidLockFile(path).seal().isPrimary()).toBe(true);
  },
);

test.skipIf(notRoot)(
  'inside a chroot, where the path names nothing, the file is left, and no warning says that it was removed',
  async () => {
    const box = sandbox();
    const path = box.path('x.pid');
    mkdirSync(box.path('jail'));
    const { stdout, stderr, pid } = await box.launch(fixture('lock-dropped'), { args: [path, box.path('jail')] });
    expect([stdout, existsSync(box.path('jail', 'x.pid'))]).toEqual(['released\n', false]);
    expect(stderr).toMatch(/PidLockFileWarning: .* has another root directory/);
    expect(stderr).not.toContain('was removed');
    expect([readFileSync(path, 'utf8'), new PidLockFile(path).check()]).toEqual([`${pid}\n`, 'stale']);
  },
);
