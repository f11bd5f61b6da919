import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { freePort } from '../helpers/http.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import { programs } from './available.ts';
import { Server } from './server.ts';

export interface Database {
  readonly server: Server;
  readonly port: number;
  /** Of the user `postgres`, who may do anything. */
  readonly url: string;
  /** Of a user who has a password and no right to make tables. */
  readonly plainUrl: string;
  query(text: string): Promise<Record<string, unknown>[]>;
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = /^(?:postgres|nobody):[^:]*:(\d+):(\d+):/m;
  const users = readFileSync('/etc/passwd', 'utf8');
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? line.exec(users) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

const CONFIGURATION = ['fsync=off', 'shared_buffers=16MB', 'max_connections=60', 'autovacuum=off', 'jit=off', 'listen_addresses=127.0.0.1'];

/** A new cluster on a free port. */
export async function startPostgres(box: Sandbox): Promise<Database> {
  const ids = unprivileged();
  const data = box.path('postgres');
  const port = await freePort();
  mkdirSync(data, { mode: 0o700 });
  if (ids.uid !== undefined) chownSync(data, ids.uid, ids.gid ?? ids.uid);
  const env = { ...process.env, ...programs.env, ...box.tokenEnv };
  execFileSync(programs.initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '--no-instructions', '-E', 'UTF8', '--locale', 'C'], {
    env,
    stdio: 'ignore',
    ...ids,
  });
  writeFileSync(
    `${data}/pg_hba.conf`,
    ['local all all trust', 'host all plain all scram-sha-256', 'host all all all trust', 'host replication all all trust', ''].join('\n'),
  );
  const settings = [...CONFIGURATION, `port=${port}`, 'unix_socket_directories='].flatMap((setting) => ['-c', setting]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const query = async (text: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      const result = await client.query(text);
      return (Array.isArray(result) ? result.at(-1) : result).rows;
    } finally {
      await client.end();
    }
  };
  const isUp = async () => (await query('select 1')).length === 1;
  const server = await new Server(box, programs.postgres, ['-D', data, ...settings], isUp, ids).start();
  await query("create role plain login password 'secret'");
  return { server, port, url, plainUrl: `postgres://plain:secret@127.0.0.1:${port}/postgres`, query };
}

/** A replica of it, which only reads. */
export async function startReplica(box: Sandbox, { port: primary }: Database): Promise<string> {
  const ids = unprivileged();
  const data = box.path('replica');
  const port = await freePort();
  mkdirSync(data, { mode: 0o700 });
  if (ids.uid !== undefined) chownSync(data, ids.uid, ids.gid ?? ids.uid);
  const env = { ...process.env, ...programs.env, ...box.tokenEnv };
  const backup = programs.initdb.replace(/initdb$/, 'pg_basebackup');
  execFileSync(backup, ['-D', data, '-h', '127.0.0.1', '-p', String(primary), '-U', 'postgres', '-R', '-c', 'fast', '-N', '-X', 'stream'], {
    env,
    stdio: 'ignore',
    ...ids,
  });
  const settings = [...CONFIGURATION, `port=${port}`, 'unix_socket_directories='].flatMap((setting) => ['-c', setting]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const isUp = async () => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query('select pg_is_in_recovery() as replica');
    await client.end();
    return rows[0].replica;
  };
  await new Server(box, programs.postgres, ['-D', data, ...settings], isUp, ids).start();
  return url;
}

/** A pooler in transaction mode in front of it. */
export async function startPgbouncer(box: Sandbox, { port }: Database): Promise<string> {
  const own = await freePort();
  const lines = [
    '[databases]',
    `postgres = host=127.0.0.1 port=${port} dbname=postgres pool_size=4`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'auth_type = any',
    'pool_mode = transaction',
    'unix_socket_dir =',
    'server_idle_timeout = 1',
    '',
  ];
  // `any` needs to be told as whom to log in.
  lines[1] = `${lines[1]} user=postgres`;
  writeFileSync(box.path('pgbouncer.ini'), lines.join('\n'));
  const url = `postgres://postgres@127.0.0.1:${own}/postgres`;
  const isUp = async () => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query('select 1 as up');
    await client.end();
    return rows[0].up === 1;
  };
  await new Server(box, programs.pgbouncer, [box.path('pgbouncer.ini')], isUp, unprivileged()).start();
  return url;
}
