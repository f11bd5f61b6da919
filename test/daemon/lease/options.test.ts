import { readdirSync } from 'node:fs';
import { inspect } from 'node:util';
import { Daemon, type DaemonOptions } from '@daemonium/daemon';
import { Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

const DATA = { key: 'key', engine: 'etcd', urlFrom: 'URL_OF_ETCD' } as const;
const env = {
  URL_OF_ETCD: 'http://127.0.0.1:1',
  URL_OF_POSTGRES: 'postgres://user:secret@127.0.0.1:1/db',
  NO_URL: 'user:secret@host',
  BAD_ESCAPE: 'http://user:%secret@host',
};
const lease = new Lease('key', etcd('http://127.0.0.1:1'));
const module = fixture('lease-module');

const FAULTS: ReadonlyArray<readonly [what: unknown, option: string, code: string, more?: object]> = [
  ['shop/cron', 'lease', 'ERR_OPTION_TYPE'],
  [null, 'lease', 'ERR_OPTION_TYPE'],
  [[DATA], 'lease', 'ERR_OPTION_TYPE'],
  [new URL('http://127.0.0.1'), 'lease', 'ERR_OPTION_TYPE'],
  [lease, 'lease', 'ERR_OPTION_TYPE', { target: module }],
  [lease, 'lease', 'ERR_OPTION_TYPE', { target: { script: module } }],
  [{ ...DATA, engine: 'redis' }, 'lease.engine', 'ERR_OPTION_VALUE'],
  [{ ...DATA, urlFrom: undefined }, 'lease.urlFrom', 'ERR_OPTION_TYPE'],
  [{ ...DATA, urlFrom: 'NOT_SET' }, 'lease.urlFrom', 'ERR_OPTION_VALUE'],
  [{ ...DATA, urlFrom: 'NO_URL' }, 'lease.urlFrom', 'ERR_OPTION_VALUE'],
  [{ ...DATA, urlFrom: 'URL_OF_POSTGRES' }, 'lease.urlFrom', 'ERR_OPTION_VALUE'],
  [{ ...DATA, engine: 'postgres' }, 'lease.urlFrom', 'ERR_OPTION_VALUE'],
  [{ ...DATA, key: '' }, 'lease.key', 'ERR_OPTION_VALUE'],
  [{ ...DATA, duraton: 5 }, 'lease.duraton', 'ERR_OPTION_UNKNOWN'],
  [{ ...DATA, duration: 10 }, 'lease.duration', 'ERR_OPTION_RANGE'],
  [{ ...DATA, duration: 15_000, killAt: 15_000 }, 'lease.killAt', 'ERR_OPTION_RANGE'],
  [{ ...DATA, giveUp: 14_500 }, 'lease.giveUp', 'ERR_OPTION_RANGE'],
  [{ ...DATA, holder: 7 }, 'lease.holder', 'ERR_OPTION_TYPE'],
  ['postgres://user:secret@host/db', 'lease', 'ERR_OPTION_TYPE'],
  [{ ...DATA, url: 'postgres://user:secret@host/db' }, 'lease.url', 'ERR_OPTION_UNKNOWN'],
  [{ ...DATA, password: 'secret' }, 'lease.password', 'ERR_OPTION_UNKNOWN'],
  [{ ...DATA, urlFrom: 'postgres://user:secret@host/db' }, 'lease.urlFrom', 'ERR_OPTION_VALUE'],
  [{ ...DATA, urlFrom: 'constructor' }, 'lease.urlFrom', 'ERR_OPTION_VALUE'],
  [{ ...DATA, urlFrom: 'BAD_ESCAPE' }, 'lease.urlFrom', 'ERR_OPTION_VALUE'],
];

test.each(FAULTS)('%j: an OptionError before anything is made, which shows no password', async (value, option, code, more = {}) => {
  const box = sandbox();
  const options = {
    target: module,
    env,
    pidFile: box.path('daemon.pid'),
    detach: true,
    ...(more as object),
    lease: value,
  } as unknown as DaemonOptions;
  const error = (await new Daemon(options).start().catch((failure: unknown) => failure)) as Error & { option: string; code: string };
  expect([error.name, error.option, error.code]).toEqual(['OptionError', option, code]);
  expect(error.message).toContain(`Option '${option}': expected `);
  expect(inspect(error)).not.toContain('secret@');
  expect(error.message).not.toContain('secret');
  expect(readdirSync(box.directory)).toEqual([]);
});

test('user and password of etcd stand in the first URL', async () => {
  const box = sandbox();
  const options = {
    target: module,
    pidFile: box.path('daemon.pid'),
    detach: true,
    env: { URL_OF_ETCD: 'http://app:s%40cret@127.0.0.1:1, http://127.0.0.1:2' },
    lease: DATA,
  };
  const error = (await new Daemon(options).start().catch((failure: unknown) => failure)) as Error;
  // The launcher takes it, and the engine is asked.
  expect(error.message).toContain('all 2 endpoints failed');
});

test('a part that cannot be read', async () => {
  const get = (): never => {
    throw new RangeError('from a getter');
  };
  const given = Object.defineProperty({ ...DATA }, 'duration', { get, enumerable: true }) as typeof DATA;
  await expect(new Daemon({ target: module, env, detach: true, lease: given }).start()).rejects.toThrow(
    expect.objectContaining({ option: 'lease.duration', code: 'ERR_OPTION_VALUE' }),
  );
});
