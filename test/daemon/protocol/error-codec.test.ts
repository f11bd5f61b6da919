import { AlreadyLockedError, OptionError } from '@daemonium/core';
import { expect, test } from 'vitest';
import { DaemonError, StartError, StartTimeoutError } from '../../../packages/daemon/src/errors.ts';
import { decodeError, encodeError } from '../../../packages/daemon/src/protocol/error-codec.ts';

const crossed = (thrown: unknown) => decodeError(JSON.parse(JSON.stringify(encodeError(thrown))));

test.each([
  new StartError('failed', { stage: 4, output: 'o', error: 'e', exitCode: 7, cause: new RangeError('deep') }),
  new StartTimeoutError('late', { stage: 9 }),
  new DaemonError('no', { code: 'ERR_NO' }),
  new AlreadyLockedError('/run/x.pid', 17),
  new OptionError('umask', 'an octal mode', -1),
  new TypeError('type'),
])('$constructor.name keeps its class, name and text', (error) => {
  const again = crossed(error);
  expect(again.constructor).toBe(error.constructor);
  expect(again).toBeInstanceOf(error.constructor);
  expect({ ...again, name: again.name, message: again.message, stack: again.stack }).toEqual({
    ...error,
    name: error.name,
    message: error.message,
    stack: error.stack,
  });
  expect((again.cause as Error | undefined)?.message).toBe((error.cause as Error | undefined)?.message);
});

test('the error of an aborted signal', () => {
  const { reason } = AbortSignal.abort();
  const again = crossed(reason) as DOMException;
  expect(again).toBeInstanceOf(DOMException);
  expect({ name: again.name, code: again.code, message: again.message }).toEqual({ name: 'AbortError', code: 20, message: reason.message });
});

test('a class that only the daemon knows keeps name, message and the properties that can be sent', () => {
  class QuotaError extends Error {
    override readonly name = 'QuotaError';
    readonly code = 'ERR_QUOTA';
    readonly details = { limit: 7, big: 1n };
    readonly plain = { limit: 7 };
    readonly log = () => {};
  }
  const again = crossed(new QuotaError('too much'));
  expect(again).toMatchObject({ name: 'QuotaError', message: 'too much', code: 'ERR_QUOTA', plain: { limit: 7 } });
  expect(again).not.toHaveProperty('details');
  expect(again).not.toHaveProperty('log');
});

const trap = (): never => {
  throw new Error('do not look');
};
const HOSTILE: ReadonlyArray<readonly [string, unknown]> = [
  ['a getter that throws', Object.defineProperty(new Error('x'), 'code', { get: trap, enumerable: true })],
  ['a cause that throws', Object.defineProperty(new Error('x'), 'cause', { get: trap })],
  ['a message that throws', Object.defineProperty(new Error('x'), 'message', { get: trap })],
  ['a proxy that throws', new Proxy(new Error('x'), { get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap })],
  [
    'a tag that throws',
    {
      get [Symbol.toStringTag](): string {
        return trap();
      },
    },
  ],
  ['errors that are none', Object.assign(new AggregateError([]), { errors: 'none' })],
  ['no constructor', Object.assign(new Error('x'), { constructor: undefined })],
  ['__proto__', JSON.parse('{"__proto__": {"polluted": true}}')],
  ['a symbol', Symbol('s')],
  ['undefined', undefined],
  ['a function', () => {}],
];

test.each(HOSTILE)('whatever is thrown comes through: %s', (_, thrown) => {
  expect(crossed(thrown)).toBeInstanceOf(Error);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('circles, depth and numbers of causes and properties are cut off', () => {
  const circular = new AggregateError([], 'round');
  circular.errors.push(circular, new Error('other', { cause: circular }));
  expect((crossed(circular) as AggregateError).errors).toHaveLength(1);
  let deep = new Error('bottom');
  for (let n = 0; n < 1_000; n++) deep = new Error(`${n}`, { cause: deep });
  expect(JSON.stringify(encodeError(deep)).length).toBeLessThan(100_000);
  expect((crossed(new AggregateError(Array.from({ length: 5_000 }, () => new Error('one')))) as AggregateError).errors).toHaveLength(100);
});

test('a text of more than 1 MiB is cut, and says so', () => {
  const { message } = crossed(new Error('x'.repeat(2 ** 20 + 5)));
  expect(message).toMatch(/^x{1000}/);
  expect(message.endsWith('\n[cut: 5 more characters]')).toBe(true);
});

const ENCODED = { class: 'RangeError', name: 'RangeError', message: 'm', stack: 's', properties: {} };

test.each([null, undefined, 7, {}, { ...ENCODED, message: 5 }, { ...ENCODED, properties: null }, { ...ENCODED, stack: {} }])(
  'what is no error, %j, is one that says so',
  (sent) => {
    expect(decodeError(sent as never).message).toBe('an error was reported that cannot be read');
    expect(decodeError({ ...ENCODED, cause: sent ?? null } as never).cause).toHaveProperty(
      'message',
      'an error was reported that cannot be read',
    );
    expect(decodeError({ ...ENCODED, errors: sent } as never)).toMatchObject({ message: 'm' });
  },
);
