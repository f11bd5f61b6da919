import { Lease, LeaseFailedError, LeaseLostError, NotMyLeaseError } from '@daemonium/lease';
import { postgres } from '@daemonium/lease/postgres';
import pg from 'pg';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { type Database, startPgbouncer, startPostgres, startReplica } from '../servers/postgres.ts';
import { type HolderOrder, holder } from './holder.ts';
import { endOf, isRenewed } from './renewal.ts';

const LONG = { duration: 120_000, renewEvery: 300, killAt: null };

let keys = 0;
const newKey = () => `test/postgres/${++keys}`;

describe.skipIf(noServers)('PostgreSQL', () => {
  let database: Database;
  const box = () => sandbox();
  beforeAll(async () => {
    const own = sandbox(() => {});
    database = await startPostgres(own);
    return () => own[Symbol.asyncDispose]();
  });

  function lease(key: string, target: Parameters<typeof postgres>[0] = database.url, options = {}): Lease {
    const made = new Lease(key, postgres(target), { ...LONG, ...options });
    onTestFinished(() => made[Symbol.asyncDispose]());
    return made;
  }

  async function clientOf(url = database.url): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }

  const failure = (attempt: Promise<unknown>) =>
    attempt.then(
      () => null,
      (error: unknown) => error as LeaseFailedError,
    );

  test('the table is made when it is missing, by many at once', async () => {
    // The server refuses the second maker in one of three ways; one round shows the rarest in one of ten cases.
    for (let round = 0; round < 30; round++) {
      await database.query('drop table if exists daemonium_lease');
      const key = newKey();
      const taken = await Promise.all(Array.from({ length: 8 }, () => failure(lease(key).acquire({ timeout: 0 }))));
      expect(taken.filter((error) => error === null)).toHaveLength(1);
      expect(taken.filter((error) => error !== null).map(({ code }) => code)).toEqual(Array(7).fill('ERR_ALREADY_LEASED'));
    }
  });

  test('a user that may not make the table gets an error that says how; the output of leaseTable() will do', async () => {
    await database.query('drop table if exists daemonium_lease');
    const error = await failure(lease(newKey(), database.plainUrl).acquire());
    expect(error).toBeInstanceOf(LeaseFailedError);
    expect(error).toMatchObject({
      code: 'ERR_LEASE_FAILED',
      cause: { code: '42501' },
      message: expect.stringContaining('postgres.leaseTable()'),
    });
    expect(await lease(newKey(), database.plainUrl).look()).toBeNull();
    await database.query(`${postgres.leaseTable()} grant select, insert, update on daemonium_lease to plain`);
    const held = await lease(newKey(), database.plainUrl).acquire();
    await held.seal();
    expect(await held.look()).toMatchObject({ pid: process.pid });
    await held.release();
  });

  test('a wrong password, a wrong database, a server that only reads: an error with the server’s own', async () => {
    const wrong = await failure(lease(newKey(), database.plainUrl.replace('secret', 'wrong')).acquire());
    expect(wrong).toMatchObject({
      code: 'ERR_LEASE_FAILED',
      cause: { code: '28P01' },
      message: expect.stringContaining('check user and password'),
    });
    const noDatabase = await failure(lease(newKey(), database.url.replace(/postgres$/, 'none')).acquire());
    expect(noDatabase?.cause).toMatchObject({ code: '3D000' });
    await lease(newKey()).acquire();
    const replica = await failure(lease(newKey(), await startReplica(box(), database)).acquire());
    expect(replica).toMatchObject({ code: 'ERR_LEASE_FAILED', message: expect.stringContaining('give the address of the primary') });
    // A role that only reads by default may write when it is asked to.
    await database.query('alter role plain set default_transaction_read_only = on');
    await database.query('grant select, insert, update on daemonium_lease to plain');
    await lease(newKey(), database.plainUrl).acquire();
    await database.query('alter role plain reset all');
  });

  test('through PgBouncer in transaction mode: one at a time, and a release is seen at the next look', async () => {
    const own = box();
    // For the connections that the pooler will make.
    await database.query(`alter database postgres set log_statement = 'all'`);
    onTestFinished(() => database.query('alter database postgres reset log_statement').then(() => {}));
    const url = await startPgbouncer(own, database);
    const order: HolderOrder = { key: newKey(), engine: 'postgres', url, options: { duration: 120_000, renewEvery: 300 } };
    const first = holder(own, order);
    await first.hears('held');
    const others = [holder(own, order), holder(own, order)];
    for (const each of others) await each.hears('standby');
    // Renewals of the first through whatever server connection there is.
    const look = lease(order.key);
    const before = (await look.look())!;
    const end = async () => (await database.query(`select until::text from daemonium_lease where key = '${order.key}'`))[0]?.['until'];
    for (let time = 0; time < 3; time++) {
      const now = await end();
      await until(async () => (await end()) !== now, { what: 'a renewal' });
    }
    expect((await look.look())?.token).toBe(before.token);
    expect(others.flatMap(({ said }) => said.map(({ what }) => what))).not.toContain('held');
    first.tell('release');
    await until(() => others.some(({ said }) => said.some(({ what }) => what === 'held')), { what: 'the next holder' });
    // Nobody listens: it would be another client's.
    expect(database.server.output).toContain('statement: select pg_backend_pid()');
    expect(database.server.output).not.toContain('statement: listen');
  });

  test('without a pooler those that wait listen, and a leader does not', async () => {
    const key = newKey();
    const first = await lease(key).acquire();
    const second = lease(key, database.url, { renewEvery: 30_000 });
    const acquiring = second.acquire();
    const listeners = () => database.query(`select 1 from pg_stat_activity where query = 'listen daemonium_lease'`);
    await until(async () => (await listeners()).length === 1, { what: 'a listener' });
    await first.release();
    // By the next look it would take half a minute.
    await acquiring;
    await until(async () => (await listeners()).length === 0, { what: 'the end of the listener' });
  });

  test('every connection of the server is terminated: the reign stands', async () => {
    const key = newKey();
    const first = await lease(key).acquire();
    const { token } = first;
    const second = lease(key);
    let standby = false;
    const acquiring = second.acquire({
      onStandby: () => {
        standby = true;
      },
    });
    await until(() => standby, { what: 'the other to stand by' });
    for (let time = 0; time < 3; time++) {
      await database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'`,
      );
      const end = endOf(first);
      await until(() => isRenewed(first, end), { what: 'a renewal on a new connection' });
    }
    expect([first.token, first.lost.aborted, second.isLocked()]).toEqual([token, false, false]);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    await first.release();
    await acquiring;
  });

  test('the configuration of a pool is used: an exhausted, recycled or ended pool costs nothing', async () => {
    const pool = new pg.Pool({ connectionString: database.plainUrl, max: 1, idleTimeoutMillis: 10 });
    await database.query(`${postgres.leaseTable()} grant select, insert, update on daemonium_lease to plain`);
    const held = await lease(newKey(), pool).acquire();
    const busy = await pool.connect();
    const renewed = async () => {
      const end = endOf(held);
      await until(() => isRenewed(held, end), { what: 'a renewal' });
    };
    await renewed();
    busy.release();
    await pool.end();
    await renewed();
    await held.release();
  });

  test('a take that is given up is not carried out later', async () => {
    const key = newKey();
    await (await lease(key).acquire()).release();
    const blocker = await clientOf();
    await blocker.query('begin');
    await blocker.query('select 1 from daemonium_lease where key = $1 for update', [key]);
    const waiting = lease(key, database.url, { giveUp: 2_000 });
    await expect(waiting.acquire({ timeout: 0 })).rejects.toMatchObject({ code: 'ERR_ALREADY_LEASED' });
    await blocker.query('commit');
    const stuck = () => database.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
    await until(async () => (await stuck()).length === 0, { what: 'the end of all that waited for the row' });
    expect(await lease(key).look()).toBeNull();
  });

  test('a server that was frozen carries out nothing that is given up', async () => {
    const key = newKey();
    await (await lease(key).acquire()).release();
    const [row] = await database.query(
      `select (clock_timestamp() - interval '1 ms')::text as past, epoch::text from daemonium_lease where key = '${key}'`,
    );
    // What lay in the frozen server's socket, as this package would have sent it, is read after its time.
    const { take } = (await import(new URL('../../packages/lease/src/postgres/statements.ts', import.meta.url).href)) as {
      take(literal: (text: string) => string, claim: object, notAfter: string, timeout: number): string[];
    };
    const client = await clientOf();
    const claim = { key, holder: 'late', duration: 60_000, id: 'late' };
    await client.query(take((text) => client.escapeLiteral(text), claim, String(row?.['past']), 1_000).join(';'));
    expect(await database.query(`select epoch::text, until from daemonium_lease where key = '${key}'`)).toEqual([
      { epoch: row?.['epoch'], until: null },
    ]);
  });

  test('a token is a bigint, beyond what a number holds', async () => {
    const key = newKey();
    await (await lease(key).acquire()).release();
    await database.query(`update daemonium_lease set epoch = 9007199254740992 where key = '${key}'`);
    const held = await lease(key).acquire();
    expect(held.token).toBe(9_007_199_254_740_993n);
    const end = endOf(held);
    await until(() => isRenewed(held, end), { what: 'a renewal' });
    expect((await held.look())?.token).toBe(9_007_199_254_740_993n);
  });

  test('a fail-over that forgot the last reign: its token comes again, and its holder is deposed all the same', async () => {
    const key = newKey();
    const first = await lease(key).acquire();
    await database.query(`update daemonium_lease set epoch = epoch - 1, until = null, claim = null where key = '${key}'`);
    const second = await lease(key).acquire();
    expect(second.token).toBe(first.token);
    await until(() => first.lost.aborted, { what: 'the loss' });
    expect(first.lost.reason).toMatchObject({ why: 'taken' });
    const end = endOf(second);
    await until(() => isRenewed(second, end), { what: 'a renewal' });
  });

  describe('guard()', () => {
    async function guarded(held: Lease): Promise<pg.Client> {
      const client = await clientOf();
      await client.query('begin');
      await postgres.guard(client, held);
      return client;
    }

    test('a deposed holder’s transaction fails', async () => {
      const key = newKey();
      const first = await lease(key).acquire();
      const token = first.token as bigint;
      await (await guarded(first)).query('commit');
      await database.query(`update daemonium_lease set until = null where key = '${key}'`);
      const second = await lease(key).acquire();
      const client = await clientOf();
      await client.query('begin');
      const asFirst = { key, token, isLocked: () => false };
      const error = await failure(postgres.guard(client, asFirst));
      expect(error).toBeInstanceOf(LeaseLostError);
      expect(error).toMatchObject({ why: 'late' });
      await expect(postgres.guard(client, { ...asFirst, isLocked: () => true })).rejects.toMatchObject({ why: 'taken' });
      await postgres.guard(client, second);
      await client.query('rollback');
      await second.release();
      await expect(postgres.guard(client, second)).rejects.toBeInstanceOf(NotMyLeaseError);
      await first.release().catch(() => {});
    });

    test('without a transaction nothing would be held: that is refused', async () => {
      const held = await lease(`it's "odd" \\ ä ${newKey()}`).acquire();
      const client = await clientOf();
      const pool = new pg.Pool({ connectionString: database.url, max: 1 });
      onTestFinished(() => pool.end());
      for (const outside of [client, pool])
        expect(await failure(postgres.guard(outside, held))).toMatchObject({ code: 'ERR_OPTION_VALUE', option: 'client' });
      await (await guarded(held)).query('commit');
    });

    test('a take-over waits for a transaction that is at work', async () => {
      const key = newKey();
      const first = await lease(key).acquire();
      const work = await guarded(first);
      // The reign is over, and its renewals with it.
      await database.query(`update daemonium_lease set until = clock_timestamp(), claim = null where key = '${key}'`);
      const second = lease(key, database.url, { renewEvery: 5_000 });
      const acquiring = second.acquire();
      const waits = () => database.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
      await until(async () => (await waits()).length === 1, { what: 'the take-over to wait' });
      expect(second.isLocked()).toBe(false);
      await work.query('commit');
      await acquiring;
      expect(second.isLocked()).toBe(true);
    });

    test('a long transaction of the leader’s own does not hold its renewals up', async () => {
      const first = await lease(newKey()).acquire();
      const work = await guarded(first);
      for (let time = 0; time < 3; time++) {
        const end = endOf(first);
        await until(() => isRenewed(first, end), { what: 'a renewal' });
      }
      await work.query('commit');
      expect(first.lost.aborted).toBe(false);
    });
  });
});
