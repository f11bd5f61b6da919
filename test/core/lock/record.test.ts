import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { getPid, PidFileUnreadableError, PidLockFile, proveHolder, removePidFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

const NO_PIDS = [
  '\n',
  'abc',
  '12abc',
  '12 34',
  '12\n34',
  '12\n\n',
  ' 12',
  '12 ',
  '\t12',
  '0x10',
  '1e3',
  '+5',
  '-1',
  '0',
  '007',
  '1.0',
  '2147483648',
  '4294967303',
  '99999999999999999999',
  '1\0',
  '\x0012',
  '12\r\n',
  '\uFEFF12',
  '１２',
  '1'.repeat(1024 * 1024),
  `12${'\n'.repeat(63)}`,
];

test.each(NO_PIDS)('%j is no pid', async (content) => {
  const path = sandbox().path('x.pid');
  writeFileSync(path, content);
  const lock = new PidLockFile(path);
  expect([lock.readPid(), lock.check(), lock.isActive(), lock.isStale()]).toEqual([null, 'unreadable', false, true]);
  expect(() => getPid(path)).toThrow(PidFileUnreadableError);
  expect(proveHolder(path)).toBe('unlocked');
  // A wrong path must not cost a file: whatever it is, it is told, and stays as it is.
  const before = statSync(path, { bigint: true });
  const refused = expect.objectContaining({ name: 'PidFileUnreadableError', code: 'ERR_PID_FILE_UNREADABLE', path });
  expect(() => lock.acquireSync()).toThrow(refused);
  expect(() => lock.seal()).toThrow(refused);
  expect(() => lock.enter()).toThrow(refused);
  await expect(lock.acquire()).rejects.toThrow(refused);
  await expect(lock.acquire({ timeout: 5000 })).rejects.toThrow(refused);
  expect(() => removePidFile(path)).toThrow(refused);
  expect([lock.isLocked(), readFileSync(path, 'utf8') === content]).toEqual([false, true]);
  const { ino, mode, size, ctimeNs } = statSync(path, { bigint: true });
  expect([ino, mode, size, ctimeNs]).toEqual([before.ino, before.mode, before.size, before.ctimeNs]);
});

test('the error shows the beginning of a text that is no pid', () => {
  const path = sandbox().path('notes.txt');
  writeFileSync(path, `DATABASE_URL=postgres://${'x'.repeat(200)}\n`);
  expect(() => new PidLockFile(path).seal()).toThrow(
    /'[^']*notes\.txt': expected an empty file or one decimal pid, found "DATABASE_URL=postgres:\/\/xxxxxxxx\.\.\."/,
  );
});

test.each([
  ['1', 1],
  ['1\n', 1],
  ['4194304\n', 4_194_304],
  ['2147483647', 2_147_483_647],
])('%j is a pid', (content, pid) => {
  const path = sandbox().path('x.pid');
  writeFileSync(path, content);
  expect([new PidLockFile(path).readPid(), new PidLockFile(path).check(), getPid(path)]).toEqual([pid, 'stale', pid]);
});

test('a file that is missing or empty has no pid', () => {
  const path = sandbox().path('x.pid');
  expect([new PidLockFile(path).readPid(), new PidLockFile(path).check(), getPid(path), proveHolder(path)]).toEqual([
    null,
    'missing',
    null,
    'missing',
  ]);
  writeFileSync(path, '');
  expect([new PidLockFile(path).readPid(), new PidLockFile(path).check(), getPid(path), proveHolder(path)]).toEqual([
    null,
    'empty',
    null,
    'empty',
  ]);
});

test('a file that is not regular is not read', async () => {
  const box = sandbox();
  await box.launch(box.path('fifo'), { executable: 'mkfifo' });
  mkdirSync(box.path('directory'));
  writeFileSync(box.path('target'), '1\n');
  symlinkSync(box.path('target'), box.path('link'));
  for (const path of [box.path('fifo'), box.path('directory'), box.path('link'), '/dev/zero', '/dev/null']) {
    expect([path, new PidLockFile(path).readPid(), new PidLockFile(path).check()]).toEqual([path, null, 'unreadable']);
    expect(() => getPid(path)).toThrow(PidFileUnreadableError);
    expect(proveHolder(path)).toBe('insecure');
  }
});
