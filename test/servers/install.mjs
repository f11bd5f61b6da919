// `node test/servers/install.mjs`: gets PostgreSQL, PgBouncer and etcd from Debian or Ubuntu, for the tests of @daemonium/lease. No server is started.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DebianPackages } from '../../scripts/debian-packages.mjs';

const packages = new DebianPackages({
  name: 'servers',
  packages: ['postgresql', 'pgbouncer', 'etcd-server'],
  isThere: () => servers().missing === null,
  script: 'test/servers/install.mjs',
});

/** Where each program is, and the environment it needs; or `missing`, with the reason. */
export function servers() {
  const { root } = packages;
  const bin = ['/usr/bin', '/usr/sbin', '/usr/local/bin', join(root, 'usr/bin'), join(root, 'usr/sbin')];
  const postgresBin = ['/usr/lib/postgresql', join(root, 'usr/lib/postgresql')].flatMap(versions);
  const found = {
    postgres: find('postgres', postgresBin),
    initdb: find('initdb', postgresBin),
    pgbouncer: find('pgbouncer', bin),
    etcd: find('etcd', bin),
  };
  const missing = Object.keys(found).filter((name) => found[name] === undefined);
  return { ...found, env: packages.env, missing: missing.length === 0 ? null : `${missing.join(', ')}: ${packages.reason}` };
}

function versions(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(directory, version, 'bin'));
}

function find(name, directories) {
  return directories.map((directory) => join(directory, name)).find((file) => existsSync(file));
}

/** Downloads and unpacks what is missing. Tried once; `node test/servers/install.mjs` tries again. */
export function installServers(options) {
  packages.install(options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installServers({ again: true });
  const { missing } = servers();
  console.log(missing === null ? 'PostgreSQL, PgBouncer and etcd are there' : `Not there: ${missing}`);
}
