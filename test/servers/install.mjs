// `node test/servers/install.mjs`: gets PostgreSQL, PgBouncer and etcd from Debian or Ubuntu, for the tests of @daemonium/lease.
// Packages that the system has are used as they are. Others are downloaded with what they need and unpacked into a cache: nothing is installed, no script of a
// package runs and no server is started.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = ['postgresql', 'pgbouncer', 'etcd-server'];
const DOWNLOAD_MS = 180_000;

// As another user, too, whom root's home is closed to: PostgreSQL refuses to run as root.
const caches = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
const cache = join(process.env.XDG_CACHE_HOME || caches, 'daemonium/servers');
const unpacked = join(cache, 'root');

/** Where each program is, and the environment it needs; or `missing`, with the reason. */
export function servers() {
  const bin = ['/usr/bin', '/usr/sbin', '/usr/local/bin', join(unpacked, 'usr/bin'), join(unpacked, 'usr/sbin')];
  const postgresBin = ['/usr/lib/postgresql', join(unpacked, 'usr/lib/postgresql')].flatMap(versions);
  const found = {
    postgres: find('postgres', postgresBin),
    initdb: find('initdb', postgresBin),
    pgbouncer: find('pgbouncer', bin),
    etcd: find('etcd', bin),
  };
  const libraries = join(unpacked, 'usr/lib');
  const env = existsSync(libraries)
    ? {
        LD_LIBRARY_PATH: readdirSync(libraries)
          .filter((name) => name.includes('-linux-'))
          .map((name) => join(libraries, name))
          .join(':'),
      }
    : {};
  const missing = Object.keys(found).filter((name) => found[name] === undefined);
  return { ...found, env, missing: missing.length === 0 ? null : `${missing.join(', ')}: ${reason()}` };
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

function reason() {
  try {
    return readFileSync(join(cache, 'failed'), 'utf8').trim();
  } catch {
    return 'not installed; run node test/servers/install.mjs';
  }
}

/** Downloads and unpacks what is missing. Tried once; `node test/servers/install.mjs` tries again. */
export function installServers({ again = false } = {}) {
  if (servers().missing === null) return;
  if (!again && existsSync(join(cache, 'failed'))) return;
  // Of this process alone, as several may try at once; the last step puts all of it in its place.
  const work = join(cache, `.${process.pid}`);
  const archives = join(work, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  rmSync(join(cache, 'failed'), { force: true });
  try {
    if (spawnSync('apt-get', ['--version']).error !== undefined) throw new Error('no apt-get on this system');
    try {
      download(archives);
    } catch (error) {
      // A list that is older than the mirror names packages that are gone.
      if (process.getuid?.() !== 0) throw error;
      apt('update');
      download(archives);
    }
    for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['-x', join(archives, file), join(work, 'root')]);
    }
    if (!existsSync(unpacked)) renameSync(join(work, 'root'), unpacked);
  } catch (error) {
    if (servers().missing !== null)
      writeFileSync(
        join(cache, 'failed'),
        `${String(error.stderr ?? error.message)
          .trim()
          .split('\n')
          .at(-1)}\n`,
      );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(archives) {
  apt(
    'install',
    '--download-only',
    '--no-install-recommends',
    '-o',
    `Dir::Cache::archives=${archives}`,
    '-o',
    'Debug::NoLocking=1',
    ...PACKAGES,
  );
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  execFileSync('apt-get', ['-y', '-q', ...args], { env, timeout: DOWNLOAD_MS, stdio: ['ignore', 'ignore', 'pipe'] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installServers({ again: true });
  const { missing } = servers();
  console.log(missing === null ? 'PostgreSQL, PgBouncer and etcd are there' : `Not there: ${missing}`);
}
