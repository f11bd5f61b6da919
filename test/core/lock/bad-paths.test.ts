import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { kernelSetting } from '../../helpers/kernel-setting.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { notRoot, OTHER } from '../hold.ts';

/** Longer than a test may take, in ms. */
const LONG = 600_000;

/** Every way to take the lock of such a path says so at once, and leaves everything as it was. */
async function refused(path: string, name: string, code: string): Promise<void> {
  const expected = expect.objectContaining({ name, code, path, message: expect.stringContaining(path), cause: expect.any(Error) });
  expect(() => new PidLockFile(path).acquireSync()).toThrow(expected);
  expect(() => new PidLockFile(path).seal()).toThrow(expected);
  expect(() => new PidLockFile(path).enter()).toThrow(expected);
  await expect(new PidLockFile(path).acquire({ timeout: LONG })).rejects.toThrow(expected);
}

test('a symbolic link, to a file, to nothing, to itself', async () => {
  const box = sandbox();
  writeFileSync(box.path('target'), 'precious', { mode: 0o640 });
  for (const to of ['target', 'nothing', 'link']) {
    const path = box.path(to === 'link' ? 'link' : `link-to-${to}`);
    symlinkSync(box.path(to), path);
    await refused(path, 'LockFailedError', 'ELOOP');
    expect(readlinkSync(path)).toBe(box.path(to));
  }
  expect([readFileSync(box.path('target'), 'utf8'), statSync(box.path('target')).mode & 0o777, existsSync(box.path('nothing'))]).toEqual([
    'precious',
    0o640,
    false,
  ]);
});

test('a directory, a missing parent, a parent that is a file, a name that is too long', async () => {
  const box = sandbox();
  mkdirSync(box.path('directory'));
  writeFileSync(box.path('file'), 'x');
  await refused(box.path('directory'), 'LockFailedError', 'EISDIR');
  await refused(box.path('missing', 'x.pid'), 'LockFailedError', 'ENOENT');
  await refused(box.path('file', 'x.pid'), 'LockFailedError', 'ENOTDIR');
  await refused(box.path('x'.repeat(300)), 'LockFailedError', 'ENAMETOOLONG');
  await refused('/proc/x.pid', 'LockFailedError', 'ENOENT');
  expect(readdirSync(box.directory).sort()).toEqual(['directory', 'file']);
});

/** Root could do harm to the machine's own, when what is tested here is broken. `null`: this container or file system has no devices of ours. */
async function deviceOf(box: Sandbox): Promise<string | null> {
  if (process.getuid?.() !== 0) return '/dev/null';
  await box.launch(box.path('device'), { executable: 'mknod', args: ['c', '1', '3'] });
  try {
    closeSync(openSync(box.path('device'), 'r'));
    return box.path('device');
  } catch {
    return null;
  }
}

test('a FIFO, a device, a socket', async () => {
  const box = sandbox();
  await box.launch(box.path('fifo'), { executable: 'mkfifo' });
  const server = createServer().listen(box.path('socket'));
  try {
    await refused(box.path('fifo'), 'LockFailedError', 'EINVAL');
    const device = await deviceOf(box);
    if (device !== null) await refused(device, 'LockFailedError', 'EINVAL');
    await refused(box.path('socket'), 'LockFailedError', 'ENXIO');
    expect(lstatSync(box.path('fifo')).isFIFO()).toBe(true);
  } finally {
    server.close();
  }
});

test('a file with a second name', async () => {
  const box = sandbox();
  writeFileSync(box.path('precious'), '77\n');
  linkSync(box.path('precious'), box.path('x.pid'));
  const before = statSync(box.path('precious'));
  await refused(box.path('x.pid'), 'PidFileInsecureError', 'ERR_PID_FILE_INSECURE');
  expect([readFileSync(box.path('precious'), 'utf8'), statSync(box.path('precious')).mtimeMs]).toEqual(['77\n', before.mtimeMs]);
});

test.skipIf(notRoot).each(['0', '2'])(
  "another user's file, planted in a directory that all may write; fs.protected_regular is %s",
  async (level) => {
    const box = sandbox();
    // Where it cannot be set it is tried as it is. What is opened there is never opened to be made, which is all that the switch refuses.
    kernelSetting('fs/protected_regular', level);
    mkdirSync(box.path('tmp'));
    chmodSync(box.path('tmp'), 0o1777);
    const path = box.path('tmp', 'x.pid');
    writeFileSync(path, '77\n', { mode: 0o666 });
    chownSync(path, OTHER, OTHER);
    const before = statSync(path);
    await refused(path, 'PidFileInsecureError', 'ERR_PID_FILE_INSECURE');
    expect([readFileSync(path, 'utf8'), statSync(path).mtimeMs, statSync(path).mode]).toEqual(['77\n', before.mtimeMs, before.mode]);
    expect(await box.isLocked('tmp/x.pid')).toBe(false);
    // The user whom the file is to belong to is named by an option.
    new PidLockFile(path, { uid: OTHER }).acquireSync().release();
  },
);

/** In a mount namespace of its own the switch can be shown as if it were set, whatever the machine has. */
test.skipIf(notRoot).each([
  { mode: 0o1777, level: 1, named: true },
  { mode: 0o1777, level: 2, named: true },
  { mode: 0o1775, level: 2, named: true },
  { mode: 0o1777, level: 0, named: false },
  { mode: 0o1775, level: 1, named: false },
  { mode: 0o1777, level: 2, owner: 1, named: false },
  { mode: 0o775, level: 2, named: false },
])('EACCES names fs.protected_regular where that is the reason: %j', async ({ mode, level, owner = 0, named }) => {
  const box = sandbox();
  writeFileSync(box.path('level'), `${level}\n`);
  mkdirSync(box.path('shared'));
  chmodSync(box.path('shared'), mode);
  chownSync(box.path('shared'), owner, 0);
  const path = box.path('shared', 'x.pid');
  // Its mode keeps the other user out, too, so that the kernel says EACCES whatever its switch is.
  writeFileSync(path, '77\n', { mode: 0o600 });
  chownSync(path, 1, 1);
  const script = `mount --bind "$1" /proc/sys/fs/protected_regular && shift && exec setpriv --reuid ${OTHER} --regid ${OTHER} --clear-groups "$@"`;
  const { stdout, stderr } = await box.launch('-m', {
    executable: 'unshare',
    args: ['sh', '-c', script, 'sh', box.path('level'), process.execPath, fixture('lock-try'), path],
  });
  if (stdout === '') throw new Error(stderr);
  const { code, message } = JSON.parse(stdout) as { code: string; message: string };
  expect([
    code,
    message.includes('it belongs to uid 1, and fs.protected_regular keeps'),
    message.includes('choose one of its own'),
  ]).toEqual(['EACCES', named, !named]);
});

/** As another user: permissions mean nothing to root. */
async function asOther(box: Sandbox, path: string, options = {}): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await box.launch('lock-try', { args: [path, JSON.stringify(options)], uid: OTHER, gid: OTHER });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test.skipIf(notRoot)('a directory or file that this user may not write', async () => {
  const box = sandbox();
  mkdirSync(box.path('closed'), { mode: 0o555 });
  writeFileSync(box.path('read-only.pid'), '77\n', { mode: 0o444 });
  for (const path of [box.path('closed', 'x.pid'), box.path('read-only.pid')]) {
    expect(await asOther(box, path)).toMatchObject({ name: 'LockFailedError', code: 'EACCES', path });
  }
  mkdirSync(box.path('open'));
  chmodSync(box.path('open'), 0o1777);
  // Files cannot be given away without privilege; the one that was made for it goes.
  expect(await asOther(box, box.path('open', 'x.pid'), { uid: 1 })).toMatchObject({ name: 'LockFailedError', code: 'EPERM' });
  expect(readdirSync(box.path('open'))).toEqual([]);
  expect(readFileSync(box.path('read-only.pid'), 'utf8')).toBe('77\n');
});

/** A script of sh in mount namespace of its own, with `$1` to run and `$2` a directory to mount over. */
async function mounted(box: Sandbox, how: string, afterwards: string): Promise<string> {
  mkdirSync(box.path('mount'));
  const script = `${how} && "$0" "$1" "$2/x.pid" seal </dev/null; ${afterwards}`;
  const { stdout, stderr, code } = await box.launch('-m', {
    executable: 'unshare',
    args: ['sh', '-c', script, process.execPath, fixture('lock-hold'), box.path('mount')],
  });
  if (code === null) throw new Error(stderr);
  return `${stdout}${stderr}`;
}

test.skipIf(notRoot)('a full disk: nothing is left behind, and the lock is free', async () => {
  const told = await mounted(
    sandbox(),
    'mount -t tmpfs -o size=4k none "$2" && head -c 4096 /dev/zero > "$2/filler"',
    'ls "$2"; flock -n "$2" echo free',
  );
  expect(told).toContain('ENOSPC');
  expect(told).toContain('LockFailedError');
  expect(told).toMatch(/filler\nfree/);
  expect(told).not.toContain('\nx.pid');
});

test.skipIf(notRoot)('a read-only filesystem', async () => {
  const told = await mounted(sandbox(), 'mount -t tmpfs -o ro none "$2"', 'ls "$2"');
  expect(told).toMatch(/LockFailedError: .*EROFS/);
});

test('a file size limit of 0: nothing is left behind', async () => {
  const box = sandbox();
  const { stderr } = await box.launch('--fsize=0', {
    executable: 'prlimit',
    args: [process.execPath, fixture('lock-hold'), box.path('x.pid'), 'seal'],
  });
  expect(stderr).toMatch(/LockFailedError: .*EFBIG/);
  expect(existsSync(box.path('x.pid'))).toBe(false);
});

test('no descriptor left: EMFILE, and no half of anything', async () => {
  const box = sandbox();
  for (const [spare, warm] of [
    ['0', 'cold'],
    ['1', 'cold'],
    ['2', 'cold'],
    ['0', 'warm'],
  ] as const) {
    const { stdout, stderr } = await box.launch('--nofile=80', {
      executable: 'prlimit',
      args: [process.execPath, fixture('lock-no-descriptors'), box.path(`${spare}-${warm}.pid`), spare, warm],
    });
    if (stdout === '') throw new Error(stderr);
    const told = JSON.parse(stdout) as { result: string; left: boolean; later: boolean };
    expect([spare, warm, told.left, told.later]).toEqual([spare, warm, false, true]);
    if (spare === '0') expect(told.result).toBe('LockFailedError EMFILE');
    else expect(['taken', 'LockFailedError EMFILE']).toContain(told.result);
  }
});

test('a path that is swapped between file and symbolic link all the time does not lead elsewhere', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  writeFileSync(box.path('victim'), 'precious', { mode: 0o640 });
  const script = 'while :; do : > "$1"; rm -f "$1"; ln -s "$2" "$1" 2>/dev/null; rm -f "$1"; done';
  const swapper = box.spawn('-c', { executable: 'sh', args: [script, 'sh', path, box.path('victim')] });
  const before = statSync(box.path('victim'));
  let [taken, refusals] = [0, 0];
  const lock = new PidLockFile(path);
  const end = performance.now() + 20_000;
  // The swapper may be long in coming where the processors are busy.
  while ((taken + refusals < 3000 || taken === 0 || refusals === 0) && performance.now() < end) {
    try {
      lock.seal();
      taken++;
    } catch (error) {
      expect(['LockFailedError', 'NotMyLockError', 'AlreadyLockedError']).toContain((error as Error).name);
      refusals++;
    }
    lock[Symbol.dispose]();
  }
  swapper.child.kill('SIGKILL');
  await swapper.finished;
  expect([taken > 0, refusals > 0]).toEqual([true, true]);
  const after = statSync(box.path('victim'));
  expect(readFileSync(box.path('victim'), 'utf8')).toBe('precious');
  expect([after.mode, after.uid, after.mtimeMs, after.ctimeMs]).toEqual([before.mode, before.uid, before.mtimeMs, before.ctimeMs]);
}, 60_000);
