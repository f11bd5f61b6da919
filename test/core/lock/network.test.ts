import { existsSync, readFileSync, type StatsFs, statSync, writeFileSync } from 'node:fs';
import { LockFailedError } from '@daemonium/core';
import { networkFileSystem } from '@daemonium/core/posix';
import { expect, test, vi } from 'vitest';
import { assertNotNetwork } from '../../../packages/core/src/lock/inspect-file.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { mutant } from '../mutant.ts';

// No NFS mount here: statfs(2) gives another type. Before the import of core, which takes the function then.
const statfs = vi.hoisted(() => vi.spyOn(process.getBuiltinModule('node:fs'), 'statfsSync'));

test.skipIf(process.platform !== 'linux')('a network filesystem is recognized by its type', () => {
  const on = (type: number) => {
    statfs.mockReturnValue({ type } as StatsFs);
    return networkFileSystem('/x');
  };
  expect([on(0x6969), on(0xff534d42), on(0xfe534d42), on(-0x1acb2be), on(0x65735546), on(0x01021994), on(0xef53)]).toEqual([
    'NFS',
    'CIFS',
    'SMB',
    'SMB',
    'FUSE',
    null,
    null,
  ]);
  statfs.mockRestore();
  expect(networkFileSystem('/')).toBe(null);
  expect(networkFileSystem('/nonexistent/x')).toBe(null);
});

test('a lock on a network file system is refused, because a daemon would not inherit it', () => {
  expect(() => assertNotNetwork('/nfs/x.pid', 'NFS')).toThrow(
    expect.objectContaining({ name: LockFailedError.name, code: 'ENOTSUP', path: '/nfs/x.pid' }),
  );
  expect(() => assertNotNetwork('/nfs/x.pid', 'NFS')).toThrow('/run');
  expect(() => assertNotNetwork('/mnt/x.pid', 'FUSE')).toThrow(/ENOTSUP.*on FUSE \(sshfs and its like\).*\/run/);
  assertNotNetwork('/run/x.pid', null);
});

test.skipIf(process.platform !== 'linux')('on a network file system no file is made, none is changed, none stays locked', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const env = { CORE: await mutant(box, 'posix/host.ts', 'statfsSync(path).type', '0x6969') };
  const refusal = { name: 'LockFailedError', code: 'ENOTSUP', path, message: expect.stringContaining('NFS') };
  const tried = async () => JSON.parse((await box.launch('lock-try', { args: [path], env })).stdout) as object;
  expect(await tried()).toMatchObject({ ...refusal, check: 'missing' });
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, '77\n', { mode: 0o600 });
  const before = statSync(path);
  expect(await tried()).toMatchObject({ ...refusal, check: 'stale' });
  const after = statSync(path);
  expect([after.ino, after.mode, after.ctimeMs, readFileSync(path, 'utf8')]).toEqual([before.ino, before.mode, before.ctimeMs, '77\n']);
});

test.skipIf(process.platform !== 'linux')(
  'a lock is refused, too, when the network file system is mounted after the directory was looked at',
  async () => {
    const box = sandbox();
    const path = box.path('x.pid');
    writeFileSync(path, '77\n');
    // The directory is local when it is asked for the first time.
    const later = '((globalThis as { asked?: true }).asked ? 0x6969 : (((globalThis as { asked?: true }).asked = true), 0))';
    const env = { CORE: await mutant(box, 'posix/host.ts', 'statfsSync(path).type', later) };
    const { stdout } = await box.launch('lock-try', { args: [path], env });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'LockFailedError', code: 'ENOTSUP', path, check: 'stale' });
    expect(readFileSync(path, 'utf8')).toBe('77\n');
  },
);
