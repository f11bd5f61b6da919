// What the lease benches share: real servers, and processes that hold a lease, by the helpers of the tests. Not a bench.
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const test = (path) => tsImport(`../../test/${path}`, import.meta.url);
const { launch } = await test('helpers/launch.ts');
const { reap, TOKEN_VARIABLE } = await test('helpers/reap.ts');
const { noServers } = await test('servers/available.ts');
const { startPostgres } = await test('servers/postgres.ts');

export const { startEtcd, leaderOf } = await test('servers/etcd.ts');
export const { startProxy } = await test('servers/proxy.ts');
export const { holder, now } = await test('lease/holder.ts');
export const { until, pause } = await test('helpers/wait.ts');

export const ENGINES = ['postgres', 'etcd'];

/** What a bench gives that cannot run here. */
export function skipped(name) {
  return noServers === false ? null : { name, figures: {}, target: `skipped: ${noServers}` };
}

/** A directory and a token; whatever was started with it ends with `use`. */
export async function inBox(use) {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  chmodSync(directory, 0o755);
  const token = randomUUID();
  const program = (name) =>
    name === '' || name.startsWith('/') ? name : fileURLToPath(new URL(`../../test/fixtures/dist/${name}.js`, import.meta.url));
  const box = {
    directory,
    tokenEnv: { [TOKEN_VARIABLE]: token },
    path: (...names) => join(directory, ...names),
    spawn: (name, options) => launch(program(name), token, { cwd: directory, ...options }),
  };
  try {
    return await use(box);
  } finally {
    await reap(token);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Both servers; `url(engine, port?)`, where a port is that of a proxy. */
export async function withServers(box) {
  const [database, [member]] = await Promise.all([startPostgres(box), startEtcd(box)]);
  const ports = { postgres: database.port, etcd: Number(new URL(member.url).port) };
  const url = (engine, port = ports[engine]) =>
    engine === 'postgres' ? `postgres://postgres@127.0.0.1:${port}/postgres` : `http://127.0.0.1:${port}`;
  return { ports, url };
}

/** `act` so many times, `width` of them at a time. */
export async function inParallel(times, width, act) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < times) results.push(await act(next++));
  };
  await Promise.all(Array.from({ length: Math.min(width, times) }, work));
  return results;
}

/** The highest of the figures whose names have `what` in them. */
export function worst(figures, what) {
  return Math.max(...Object.entries(figures).flatMap(([key, value]) => (key.includes(what) ? [value] : [])));
}
