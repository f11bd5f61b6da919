import { pathToFileURL } from 'node:url';
import { LockFailedError, OptionError, PidLockFile, type PidLockFileOptions } from '@daemonium/core';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

const made = (path: unknown, options?: unknown) => () => new PidLockFile(path as string, options as PidLockFileOptions);

test.each([
  ['path', 5, undefined],
  ['path', undefined, undefined],
  ['path', {}, undefined],
  ['path', new URL('http://example.org/x.pid'), undefined],
  ['options', 'x', 5],
  ['timeout', 'x', { timeout: '5' }],
  ['timeout', 'x', { timeout: Number.NaN }],
  ['timeout', 'x', { timeout: -2 }],
  ['timeout', 'x', { timeout: Number.NEGATIVE_INFINITY }],
  ['reentrant', 'x', { reentrant: 1 }],
  ['mode', 'x', { mode: '0644' }],
  ['mode', 'x', { mode: 0o1644 }],
  ['mode', 'x', { mode: 0o666 }],
  ['mode', 'x', { mode: 0o44 }],
  ['mode', 'x', { mode: 1.5 }],
  ['uid', 'x', { uid: -1 }],
  ['uid', 'x', { uid: 2 ** 32 - 1 }],
  ['gid', 'x', { gid: 'wheel' }],
  ['foreign', 'x', { foreign: 'kill' }],
  ['foreign', 'x', { foreign: true }],
  ['timeuot', 'x', { timeuot: 5 }],
])('option %s is refused by name: %s %o', (option, path, options) => {
  expect(made(path, options)).toThrow(OptionError);
  expect(made(path, options)).toThrow(TypeError);
  expect(made(path, options)).toThrow(`Option '${option}'`);
});

test('an empty path and one with a NUL are refused when they are given', () => {
  expect(made('')).toThrow(expect.objectContaining({ name: 'LockFailedError', code: 'ENOENT', cause: expect.any(Error) }));
  expect(made('/a\0b')).toThrow(LockFailedError);
  expect(made('/a\0b')).toThrow(expect.objectContaining({ code: 'EINVAL', path: '/a\0b' }));
});

test('acquire() checks its own options', async () => {
  const lock = new PidLockFile(sandbox().path('x.pid'));
  for (const timeout of ['5', Number.NaN, -5]) {
    await expect(lock.acquire({ timeout: timeout as number })).rejects.toThrow("Option 'timeout'");
  }
  await expect(lock.acquire({ signal: {} as AbortSignal })).rejects.toThrow("Option 'signal'");
  expect(() => lock.seal(0)).toThrow("Option 'pid'");
  expect(() => lock.seal(2 ** 31)).toThrow("Option 'pid'");
  expect(() => lock.seal('5' as unknown as number)).toThrow("Option 'pid'");
  expect(lock.check()).toBe('missing');
});

test('a path is made absolute once, and may be a file URL', () => {
  const before = process.cwd();
  const box = sandbox();
  process.chdir(box.directory);
  try {
    const lock = new PidLockFile('./x.pid').seal();
    process.chdir('/');
    expect(lock.path).toBe(box.path('x.pid'));
    expect(lock.readPid()).toBe(process.pid);
    lock.release();
    expect(lock.check()).toBe('missing');
  } finally {
    process.chdir(before);
  }
  expect(new PidLockFile(pathToFileURL(box.path('a b.pid'))).path).toBe(box.path('a b.pid'));
});
