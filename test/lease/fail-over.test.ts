import { randomUUID } from 'node:crypto';
import { Lease } from '@daemonium/lease';
import { postgres } from '@daemonium/lease/postgres';
import pg from 'pg';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { type Database, startPostgres, startReplica } from '../servers/postgres.ts';
import { startProxy } from '../servers/proxy.ts';
import { renewed } from './renewal.ts';

describe.skipIf(noServers)('PostgreSQL with a replica, behind one address', () => {
  let primary: Database;
  let replica: string;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let url: string;
  beforeAll(async () => {
    const box = sandbox(() => {});
    primary = await startPostgres(box);
    replica = await startReplica(box, primary);
    return () => box[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    proxy = await startProxy(primary.port, onTestFinished);
    url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
  });

  const leadToReplica = () => proxy.leadTo(Number(new URL(replica).port));

  async function askReplica(text: string): Promise<Record<string, unknown> | undefined> {
    const client = new pg.Client({ connectionString: replica });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows[0];
  }

  test('a connection to the server that only reads is given up for one to the primary', async () => {
    const engine = postgres(url);
    onTestFinished(() => engine.close());
    const claim = { key: 'key', holder: 'me', duration: 60_000, id: randomUUID() };
    leadToReplica();
    await expect(engine.take(claim, 10_000)).rejects.toMatchObject({ code: '0A000' });
    proxy.leadTo(primary.port);
    expect(await engine.take(claim, 10_000)).toMatchObject({ reign: { token: 1n } });
  });

  // The last one: it takes the primary away.
  test('the primary dies and the replica is promoted: the reign stands', async () => {
    const held = new Lease('moved', postgres(url), { killAt: null });
    onTestFinished(() => held[Symbol.asyncDispose]());
    const { token } = await held.acquire();
    const epoch = async () => (await askReplica("select epoch from daemonium_lease where key = 'moved'"))?.['epoch'] === String(token);
    await until(epoch, { what: 'the reign in the replica' });
    leadToReplica();
    await primary.server.kill();
    expect(await askReplica('select pg_promote()')).toEqual({ pg_promote: true });
    await renewed(held);
    expect([held.isLocked(), held.token]).toEqual([true, token]);
  });
});
