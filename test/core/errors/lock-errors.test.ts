import {
  AlreadyLockedError,
  LockError,
  LockFailedError,
  LockNotReentrantError,
  NotMyLockError,
  OptionError,
  PidFileInsecureError,
  PidFileUnreadableError,
} from '@daemonium/core';
import { expect, test } from 'vitest';

const errors = [
  [new AlreadyLockedError('/x.pid', 7), 'AlreadyLockedError', 'ERR_ALREADY_LOCKED'],
  [new LockNotReentrantError('/x.pid', 7, 'again'), 'LockNotReentrantError', 'ERR_LOCK_NOT_REENTRANT'],
  [new LockFailedError('/x.pid', Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' })), 'LockFailedError', 'ENOSPC'],
  [new LockFailedError('/x.pid', 'whatever'), 'LockFailedError', 'ERR_LOCK_FAILED'],
  [new NotMyLockError('/x.pid', 'why'), 'NotMyLockError', 'ERR_NOT_MY_LOCK'],
  [new PidFileUnreadableError('/x.pid', 'why'), 'PidFileUnreadableError', 'ERR_PID_FILE_UNREADABLE'],
  [new PidFileInsecureError('/x.pid', 'why', 'what to do'), 'PidFileInsecureError', 'ERR_PID_FILE_INSECURE'],
] as const;

test.each(errors)('%s is a LockError with name, code and path', (error, name, code) => {
  expect(error).toBeInstanceOf(LockError);
  expect(error).toBeInstanceOf(Error);
  expect({ name: error.name, class: error.constructor.name, code: error.code, path: error.path }).toEqual({
    name,
    class: name,
    code,
    path: '/x.pid',
  });
  expect(Object.keys(error)).not.toContain('name');
  expect(error.stack).toContain(name);
});

test('each message says how to go on', () => {
  expect(new AlreadyLockedError('/x.pid', 7).message).toBe(
    "Cannot lock '/x.pid': held by pid 7; stop that process, or wait with a timeout",
  );
  expect(new AlreadyLockedError('/x.pid', null).message).toContain('held by a process that has not sealed it yet');
  expect(errors[2][0].message).toBe("Cannot lock '/x.pid': ENOSPC: full (free some space)");
  expect(errors[2][0].cause).toBeInstanceOf(Error);
  expect(new LockNotReentrantError('/x.pid', 7, 'm')).toBeInstanceOf(AlreadyLockedError);
  expect(new AlreadyLockedError('/x.pid', 7)).not.toBeInstanceOf(LockNotReentrantError);
});

test('an OptionError names option, expectation and value, shortly', () => {
  const error = new OptionError('umask', 'an octal mode from 0 to 0o777', -1, 'ERR_OPTION_RANGE');
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ name: 'OptionError', option: 'umask', value: -1, code: 'ERR_OPTION_RANGE', stage: null });
  expect(error.message).toBe("Option 'umask': expected an octal mode from 0 to 0o777, got -1");
  // As a mode is written.
  expect(new OptionError('mode', 'a file mode from 0o600 to 0o755', 0o664).message).toMatch(/got 0o664$/);
  const said = (value: unknown) => new OptionError('o', 'e', value).message.split('got ')[1];
  expect([
    said('a\nb'),
    said(5n),
    said(null),
    said(undefined),
    said([1]),
    said({}),
    said(new Map()),
    said(Symbol('s')),
    said(() => {}),
  ]).toEqual(['"a\\nb"', '5n', 'null', 'undefined', 'an array of 1', 'an object', 'an instance of Map', 'Symbol(s)', 'a function']);
  expect(said('x'.repeat(1000))?.length).toBeLessThan(100);
  expect(said(Object.create(null))).toBe('an object');
});
