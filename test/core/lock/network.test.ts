import { LockFailedError } from '@daemonium/core';
import { networkFileSystem } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { assertNotNetwork } from '../../../packages/core/src/lock/inspect-file.ts';

// No NFS mount here: the type that statfs(2) would give is injected.
test.skipIf(process.platform !== 'linux')('a network filesystem is recognized by its type', () => {
  const on = (type: number) => networkFileSystem('/x', () => ({ type }));
  expect([on(0x6969), on(0xff534d42), on(0xfe534d42), on(-0x1acb2be), on(0x01021994), on(0xef53)]).toEqual([
    'NFS',
    'CIFS',
    'SMB',
    'SMB',
    null,
    null,
  ]);
  expect(networkFileSystem('/')).toBe(null);
  expect(networkFileSystem('/nonexistent/x')).toBe(null);
});

test('and refused, because a daemon would not inherit the lock', () => {
  expect(() => assertNotNetwork('/nfs/x.pid', 'NFS')).toThrow(
    expect.objectContaining({ name: LockFailedError.name, code: 'ENOTSUP', path: '/nfs/x.pid' }),
  );
  expect(() => assertNotNetwork('/nfs/x.pid', 'NFS')).toThrow('/run');
  assertNotNetwork('/run/x.pid', null);
});
