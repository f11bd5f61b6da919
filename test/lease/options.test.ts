import { hostname } from 'node:os';
import { inspect } from 'node:util';
import { OptionError } from '@daemonium/core';
import { Lease, type LeaseOptions } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { postgres } from '@daemonium/lease/postgres';
import { expect, test } from 'vitest';
import { MemoryEngine } from './memory-engine.ts';

function fault(act: () => unknown): OptionError {
  try {
    act();
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** An object with a getter that throws. */
function thrower(name: string): object {
  const get = () => {
    throw new RangeError('from a getter');
  };
  return Object.defineProperty({}, name, { get, enumerable: true });
}

const withOptions = (options: unknown) => () => new Lease('key', new MemoryEngine(), options as LeaseOptions);

test.each([
  [{ duration: 999 }, 'duration', 'ERR_OPTION_RANGE'],
  [{ duration: 1_500.5 }, 'duration', 'ERR_OPTION_RANGE'],
  [{ duration: Number.NaN }, 'duration', 'ERR_OPTION_RANGE'],
  [{ duration: '15s' }, 'duration', 'ERR_OPTION_TYPE'],
  [{ duration: 86_400_001 }, 'duration', 'ERR_OPTION_RANGE'],
  [{ killAt: 15_000 }, 'killAt', 'ERR_OPTION_RANGE'],
  [{ killAt: 0 }, 'killAt', 'ERR_OPTION_RANGE'],
  [{ giveUp: 14_000 }, 'giveUp', 'ERR_OPTION_RANGE'],
  // No renewal would fit in.
  [{ giveUp: 10 }, 'giveUp', 'ERR_OPTION_RANGE'],
  [{ giveUp: -0 }, 'giveUp', 'ERR_OPTION_RANGE'],
  [{ duration: 2 ** 31 }, 'duration', 'ERR_OPTION_RANGE'],
  [{ duration: null }, 'duration', 'ERR_OPTION_TYPE'],
  [{ giveUp: 14_999, killAt: 14_000 }, 'giveUp', 'ERR_OPTION_RANGE'],
  [{ giveUp: 15_000, killAt: null }, 'giveUp', 'ERR_OPTION_RANGE'],
  [{ renewEvery: 10_000 }, 'renewEvery', 'ERR_OPTION_RANGE'],
  [{ renewEvery: 9 }, 'renewEvery', 'ERR_OPTION_RANGE'],
  [{ holder: '' }, 'holder', 'ERR_OPTION_VALUE'],
  [{ holder: 7 }, 'holder', 'ERR_OPTION_TYPE'],
  [{ ttl: 5 }, 'ttl', 'ERR_OPTION_UNKNOWN'],
  [[], 'options', 'ERR_OPTION_TYPE'],
])('new Lease(..., %j): %s, %s', (options, option, code) => {
  expect(fault(withOptions(options))).toMatchObject({ option, code });
});

test.each([
  { killAt: null, giveUp: 14_999 },
  { duration: 1_000 },
  { giveUp: 13_999 },
  { renewEvery: 9_999 },
  { duration: 86_400_000 },
  { giveUp: 100 },
])('new Lease(..., %j) will do', (options) => {
  expect(new Lease('key', new MemoryEngine(), options).isLocked()).toBe(false);
});

test.each(['duration', 'holder', 'ttl'])('new Lease(): a getter of %s that throws', (option) => {
  const error = fault(withOptions(thrower(option)));
  expect(error).toMatchObject({ option, code: 'ERR_OPTION_VALUE', cause: { message: 'from a getter' } });
});

test('the message names the option, the right values, and the one that was given', () => {
  expect(fault(withOptions({ giveUp: 14_000 })).message).toBe(
    "Option 'giveUp': expected whole milliseconds from 11 to below killAt (14000), got 14000",
  );
});

test.each(['', 'a\0b', 'a\nb', 'x'.repeat(513), 7, null])('the key %j is refused', (key) => {
  expect(fault(() => new Lease(key as string, new MemoryEngine())).option).toBe('key');
});

test.each([null, 'postgres://host', {}, { ...new MemoryEngine(), renew: 1 }])('%j is no engine', (engine) => {
  expect(fault(() => new Lease('key', engine as never)).option).toBe('engine');
});

test('an object that lacks a method of an engine is refused, and the method named', () => {
  const engine = Object.assign(new MemoryEngine(), { renew: undefined, drop: undefined });
  expect(fault(() => new Lease('key', engine as never)).message).toContain('an engine with renew, drop');
});

test.each(['', 'host:5432', 'mysql://host/db', 'http://host', 7, null, [], new Date()])('postgres(%j) is refused', (target) => {
  expect(fault(() => postgres(target as string)).option).toBe('target');
});

test.each(['postgres://u@a,b/d', 'postgres://a:1,b:2/d?target_session_attrs=read-write'])('postgres(%j) has several hosts', (target) => {
  expect(fault(() => postgres(target)).message).toContain('expected one host');
});

test.each(['postgres://u@h/d', 'postgresql://u:a,b@h/d', new URL('postgres://u@h/d'), { host: 'h' }])('postgres(%j) will do', (target) => {
  expect(new Lease('key', postgres(target)).holder).toBe(hostname());
});

test.each(['', 'localhost:2379', 'ftp://host', [], ['http://a', 'b'], 7, 'http://user:secret@host:2379'])('etcd(%j) is refused', (url) => {
  expect(fault(() => etcd(url as string)).option).toBe('url');
});

test.each([
  ['http://a,http://b', {}, 'one URL in a string'],
  ['http://a,b:2379', {}, 'one URL in a string'],
  ['https://a?ca=x', {}, 'nothing behind a path'],
  ['http://a', { tls: { ca: 'x' } }, 'https: with the option tls'],
  [['https://a', 'http://b'], { tls: {} }, 'https: with the option tls'],
])('etcd(%j, %j) would not do what it says', (url, options, expected) => {
  expect(fault(() => etcd(url, options))).toMatchObject({
    option: 'url',
    code: 'ERR_OPTION_VALUE',
    message: expect.stringContaining(expected),
  });
});

test.each([{ user: 'root' }, { password: 'x' }, { user: 1, password: 'x' }, { tls: true }, { pass: 'x' }, null])(
  'etcd(url, %j) is refused',
  (options) => {
    expect(fault(() => etcd('http://h:2379', options as never))).toBeInstanceOf(OptionError);
  },
);

test.each([
  () => postgres('mysql://user:secret@host/db'),
  () => postgres('postgres://user:se/secret@secret@a,b/db'),
  () => etcd('ftp://user:secret@host'),
  () => etcd('ftp://user:a/secret@secret@host'),
  () => etcd('http://user:secret@host'),
  () => etcd('user:secret@host:2379'),
  () => etcd('http://host', { pasword: 'secret' } as never),
  () => etcd('http://host', { tls: 'secret' as never }),
  () => postgres('user:secret@host/db'),
  () => postgres('host=localhost password=secret'),
  () => postgres('mysql://host/db?password=secret'),
  () => postgres(Object.create({ password: 'secret' })),
  () => new Lease('key', 'postgres://user:secret@host/db' as never),
  () => new Lease('key', new URL('postgres://user:secret@host/db') as never),
])('a password in a URL that is refused is not shown: %#', (act) => {
  const error = fault(act);
  // As Node.js shows an error that nothing has caught.
  expect(`${error.message} ${inspect(error)}`.replace(/\n +at .*/g, '')).not.toContain('secret');
});

test('options of acquire() and seal() are refused before the engine is asked', async () => {
  const engine = new MemoryEngine();
  const lease = new Lease('key', engine, { killAt: null });
  for (const options of [
    { timeout: -1 },
    { timeout: '1' },
    { signal: 1 },
    { predecessor: 5 },
    { onStandby: 1 },
    { wait: 1 },
    thrower('timeout'),
  ]) {
    await expect(lease.acquire(options as never)).rejects.toBeInstanceOf(OptionError);
  }
  for (const info of [null, [], { port: 80 }, { text: 'a\0' }, thrower('text')])
    await expect(lease.seal(info as never)).rejects.toBeInstanceOf(OptionError);
  expect(engine.calls.filter((call) => call !== 'close')).toEqual([]);
});
