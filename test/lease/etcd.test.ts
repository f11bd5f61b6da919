import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Lease, LeaseFailedError } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../helpers/http.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers, programs } from '../servers/available.ts';
import { askEtcd, leaderOf, type Member, startEtcd } from '../servers/etcd.ts';
import { Server } from '../servers/server.ts';
import { renewed } from './renewal.ts';

const LONG = { duration: 120_000, renewEvery: 300, killAt: null };
const base64 = (text: string) => Buffer.from(text).toString('base64');

let keys = 0;
const newKey = () => `test/etcd/${++keys}`;

function lease(engine: ReturnType<typeof etcd>, key = newKey(), options = {}): Lease {
  const made = new Lease(key, engine, { ...LONG, ...options });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

/** Turns authentication on, with the users `root` and `app`. */
async function requireLogin({ url }: Member): Promise<void> {
  for (const user of ['root', 'app']) await askEtcd(url, '/v3/auth/user/add', { name: user, password: `${user}-secret` });
  await askEtcd(url, '/v3/auth/role/add', { name: 'root' });
  await askEtcd(url, '/v3/auth/user/grant', { user: 'root', role: 'root' });
  await askEtcd(url, '/v3/auth/enable', {});
}

async function asRoot({ url }: Member, path: string, body: object): Promise<void> {
  const { token } = await askEtcd(url, '/v3/auth/authenticate', { name: 'root', password: 'root-secret' });
  expect(await askEtcd(url, path, body, { authorization: String(token) })).not.toHaveProperty('error');
}

describe.skipIf(noServers)('etcd', () => {
  let members: Member[];
  let urls: string[];
  beforeAll(async () => {
    const box = sandbox(() => {});
    members = await startEtcd(box, 3);
    urls = members.map(({ url }) => url);
    return () => box[Symbol.asyncDispose]();
  });

  test('endpoints are tried in turn: one that is down, one that is frozen', async () => {
    const down = `http://127.0.0.1:${await freePort()}`;
    const held = await lease(etcd([down, ...urls])).acquire();
    await held.release();
    const [first, second] = members as [Member, Member, Member];
    const frozen = (await leaderOf(members)) === first ? second : first;
    onTestFinished(() => frozen.server.freeze('SIGCONT'));
    frozen.server.freeze('SIGSTOP');
    const other = await lease(etcd([frozen.url, ...urls.filter((url) => url !== frozen.url)]), newKey(), {
      giveUp: 8_000,
      renewEvery: 2_000,
    }).acquire();
    await other.release();
  });

  test('a cluster without a running member gives one error with those of all endpoints', async () => {
    const down = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
    const error = (await lease(etcd(down))
      .acquire()
      .catch((failure: unknown) => failure)) as LeaseFailedError;
    expect(error).toBeInstanceOf(LeaseFailedError);
    expect((error.cause as AggregateError).errors.map(({ code }: NodeJS.ErrnoException) => code)).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
    expect(error.message).toContain('all 2 endpoints failed');
  });

  test('compare() makes a txn that only this reign can do', async () => {
    const held = await lease(etcd(urls)).acquire();
    const write = (text: string) =>
      askEtcd(urls[0]!, '/v3/kv/txn', { compare: [compare], success: [{ request_put: { key: base64('work'), value: base64(text) } }] });
    const compare = held.compare();
    expect((await write('in time'))['succeeded']).toBe(true);
    await held.release();
    expect((await write('too late'))['succeeded']).toBeUndefined();
    const next = await lease(etcd(urls), held.key).acquire();
    expect((await write('too late'))['succeeded']).toBeUndefined();
    expect(next.compare()).not.toEqual(compare);
  });

  test('the reign is over when another client removes the key, though etcd’s lease stands', async () => {
    const held = await lease(etcd(urls)).acquire();
    await askEtcd(urls[0]!, '/v3/kv/deleterange', { key: base64(held.key) });
    await until(() => held.lost.aborted, { what: 'the loss' });
    expect(held.lost.reason).toMatchObject({ why: 'taken' });
  });

  test('whole seconds are rounded up for etcd, and never for the holder', async () => {
    const held = await lease(etcd(urls), newKey(), { duration: 61_001, giveUp: 61_000 }).acquire();
    expect(held.remaining).toBeLessThanOrEqual(61_000);
    const { kvs } = (await askEtcd(urls[0]!, '/v3/kv/range', { key: base64(held.key) })) as { kvs: [{ lease: string }] };
    expect(await askEtcd(urls[0]!, '/v3/lease/timetolive', { ID: kvs[0].lease })).toMatchObject({ grantedTTL: '62' });
  });

  test('a key that another program has put is no lease of ours, and is left alone', async () => {
    const key = newKey();
    await askEtcd(urls[0]!, '/v3/kv/put', { key: base64(key), value: base64('by hand') });
    await expect(lease(etcd(urls), key).acquire({ timeout: 0 })).rejects.toMatchObject({ code: 'ERR_ALREADY_LEASED', holder: 'by hand' });
  });

  test('the engine logs in with user and password', async () => {
    const [member] = (await startEtcd(sandbox())) as [Member];
    await requireLogin(member);
    const refused = (await lease(etcd(member.url))
      .acquire()
      .catch((failure: unknown) => failure)) as LeaseFailedError;
    expect(refused.code).toBe('ERR_LEASE_FAILED');
    expect(refused.message).toMatch(/user name is empty \(give user and password\)$/);
    const wrong = await lease(etcd(member.url, { user: 'root', password: 'wrong' }))
      .acquire()
      .catch((failure: unknown) => failure as LeaseFailedError);
    expect(String((wrong as LeaseFailedError).cause)).toContain('authentication failed');
    expect((wrong as LeaseFailedError).message).toMatch(/ \(check user and password\)$/);
    const noRight = await lease(etcd(member.url, { user: 'app', password: 'app-secret' }))
      .acquire()
      .catch((failure: unknown) => failure as LeaseFailedError);
    expect(String((noRight as LeaseFailedError).cause)).toContain('permission denied');
    expect((noRight as LeaseFailedError).message).toMatch(
      / \(grant a role of this user readwrite on the key, which is the name of the lease\)$/,
    );
    const held = await lease(etcd(member.url, { user: 'root', password: 'root-secret' })).acquire();
    await renewed(held);
    // The server forgets the tokens that it has given.
    await asRoot(member, '/v3/auth/disable', {});
    await askEtcd(member.url, '/v3/auth/enable', {});
    await renewed(held);
    await held.release();
  });

  test('a token that ends with a change of the users is replaced by another', async () => {
    const box = sandbox();
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: box.directory, stdio: 'ignore' });
    openssl('genrsa', '-out', 'private.pem', '2048');
    openssl('rsa', '-in', 'private.pem', '-pubout', '-out', 'public.pem');
    const keys = `pub-key=${box.path('public.pem')},priv-key=${box.path('private.pem')}`;
    const [member] = (await startEtcd(box, 1, ['--auth-token', `jwt,${keys},sign-method=RS256,ttl=10m`])) as [Member];
    await requireLogin(member);
    const held = await lease(etcd(member.url, { user: 'root', password: 'root-secret' })).acquire();
    await renewed(held);
    await asRoot(member, '/v3/auth/user/add', { name: 'other', password: 'other-secret' });
    await renewed(held);
    await held.release();
  });

  test('the engine uses TLS, with a certificate of the client’s own', async () => {
    const box = sandbox();
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: box.directory, stdio: 'ignore' });
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-days',
      '2',
      '-subj',
      '/CN=test',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    );
    const [client, peer] = [await freePort(), await freePort()];
    const url = `https://127.0.0.1:${client}`;
    const files = [
      '--cert-file',
      box.path('cert.pem'),
      '--key-file',
      box.path('key.pem'),
      '--trusted-ca-file',
      box.path('cert.pem'),
      '--client-cert-auth',
    ];
    const urls = ['--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', `http://127.0.0.1:${peer}`];
    const isUp = async () => server.output.includes('serving client traffic securely');
    const server = new Server(
      box,
      programs.etcd,
      [
        '--data-dir',
        box.path('tls'),
        ...urls,
        ...files,
        '--initial-advertise-peer-urls',
        `http://127.0.0.1:${peer}`,
        '--initial-cluster',
        `default=http://127.0.0.1:${peer}`,
        '--logger',
        'zap',
      ],
      isUp,
    );
    await server.start();
    const [cert, key] = [readFileSync(box.path('cert.pem')), readFileSync(box.path('key.pem'))];
    const held = await lease(etcd(url, { tls: { ca: cert, cert, key } })).acquire();
    await renewed(held);
    await held.release();
    const unknown = (await lease(etcd(url))
      .acquire()
      .catch((failure: unknown) => failure)) as LeaseFailedError;
    expect(unknown.cause).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(unknown.message).toMatch(/ \(is the certificate of the server's authority given as `ca`\?\)$/);
  });
});

test('a revision beyond what a number holds crosses JSON whole', async () => {
  const revision = '9007199254740993';
  const answers: Record<string, unknown> = {
    '/v3/kv/range': {
      header: { revision },
      kvs: [{ create_revision: revision, value: base64('{"holder":"h","claim":"c","sealed":null}'), lease: '7' }],
    },
    '/v3/lease/timetolive': { TTL: '9', ID: '7' },
  };
  const server = createServer((request, response) => response.end(JSON.stringify(answers[request.url ?? '']))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await lease(etcd(url)).look()).toMatchObject({ token: 9_007_199_254_740_993n, holder: 'h', expiresIn: 9_000 });
});

test('a server that is no gateway of etcd is an error that says so', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end('<html>')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(lease(etcd(url)).look()).rejects.toThrow(`expected JSON of etcd's gateway, got HTTP status 404: "<html>"`);
});

test('a server without TLS loads nothing of it, and no cryptography', async () => {
  const program = `
    import { Lease } from '@daemonium/lease';
    import { etcd } from '@daemonium/lease/etcd';
    const loaded = (name) => process.moduleLoadList.includes('NativeModule ' + name);
    await new Lease('key', etcd('http://127.0.0.1:1'), { killAt: null }).acquire().catch(({ cause }) => console.log(cause.code));
    console.log(loaded('http'), loaded('https'), loaded('tls'), loaded('crypto'));`;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { stdout } = await sandbox().launch('', { args: ['--input-type=module', '-e', program], cwd: root });
  expect(stdout).toBe('ECONNREFUSED\ntrue false false false\n');
});
