// `node test/systems/install.mjs`: makes the tree of the machines that test/systems boots: Debian 12 with systemd, the supervisors, shells and servers that
// the documentation names. Nothing is installed on this system: debootstrap itself is unpacked into the cache, too.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moveOldTrees, noteUse } from './old-trees.mjs';

const SUITE = 'bookworm';
const PACKAGES = {
  system: ['systemd', 'systemd-sysv', 'dbus', 'dbus-user-session', 'libpam-systemd', 'procps', 'util-linux', 'libstdc++6', 'lsb-base'],
  shells: ['dash', 'bash', 'busybox', 'mksh', 'zsh'],
  supervisors: ['runit', 's6', 'daemontools', 'supervisor', 'monit', 'openrc', 'daemon'],
  inits: ['tini', 'dumb-init', 'catatonit'],
  sessions: ['cron', 'at', 'openssh-server', 'tmux', 'screen', 'expect', 'sudo', 'polkitd'],
  tools: ['make', 'strace', 'faketime'],
  files: ['sshfs', 'rsyslog', 'logrotate'],
  servers: ['etcd-server'],
};
const packages = Object.values(PACKAGES).flat();
const INSTALL_MS = 600_000;

const cache = join(process.env.XDG_CACHE_HOME || '/var/cache', 'daemonium/systems');
/** To be raised when trees are made in another way, so that one of the old way is not used. */
const WAY = 1;
const recipe = createHash('sha256').update(`${WAY} ${packages}`).digest('hex').slice(0, 12);
const made = join(cache, `${SUITE}-${recipe}`);
const failure = join(cache, 'failed');

/** The root of the tree, or `missing`, with the reason. */
export function tree() {
  return existsSync(made) ? { root: made, missing: null } : { root: made, missing: whyMissing() };
}

function whyMissing() {
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    return readFileSync(failure, 'utf8').trim();
  } catch {
    return 'not made; run node test/systems/install.mjs';
  }
}

/** Makes the tree if there is none. Tried once; `node test/systems/install.mjs` tries again. */
export function installTree({ again = false } = {}) {
  if (process.getuid?.() !== 0) return;
  if (existsSync(made)) noteUse(made);
  else if (again || !existsSync(failure)) make();
}

function make() {
  // Of this process alone, as several may try at once; the last step puts all of it in its place.
  const work = join(cache, `.${process.pid}`);
  mkdirSync(join(work, 'archives/partial'), { recursive: true });
  rmSync(failure, { force: true });
  try {
    if (spawnSync('apt-get', ['--version']).error !== undefined) throw new Error('no apt-get on this system');
    const tools = unpackDebootstrap(work);
    debootstrap(tools, join(work, 'root'));
    quieten(join(work, 'root'));
    if (!existsSync(made)) renameSync(join(work, 'root'), made);
    noteUse(made);
    moveOldTrees(cache, work);
  } catch (error) {
    if (!existsSync(made)) writeFileSync(failure, `${lastLine(error)}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpackDebootstrap(work) {
  const archives = join(work, 'archives');
  const options = ['-o', `Dir::Cache::archives=${archives}`, '-o', 'Debug::NoLocking=1'];
  const download = () =>
    run('apt-get', [
      '-y',
      '-q',
      'install',
      '--reinstall',
      '--download-only',
      '--no-install-recommends',
      ...options,
      'debootstrap',
      'debian-archive-keyring',
    ]);
  try {
    download();
  } catch {
    // A list that is older than the mirror names packages that are gone.
    run('apt-get', ['-q', 'update']);
    download();
  }
  const tools = join(work, 'tools');
  for (const file of readdirSync(archives).filter((name) => /^(debootstrap|debian-archive-keyring|wget)_.*\.deb$/.test(name))) {
    run('dpkg-deb', ['-x', join(archives, file), tools]);
  }
  return tools;
}

function debootstrap(tools, root) {
  const args = [
    join(tools, 'usr/sbin/debootstrap'),
    '--variant=minbase',
    `--keyring=${join(tools, 'usr/share/keyrings/debian-archive-keyring.gpg')}`,
    `--include=${packages.join(',')}`,
    SUITE,
    root,
    mirror(),
  ];
  const env = {
    ...process.env,
    DEBOOTSTRAP_DIR: join(tools, 'usr/share/debootstrap'),
    PATH: `${process.env.PATH}:${join(tools, 'usr/bin')}`,
  };
  run('/bin/sh', args, env);
}

/** The mirror that apt is set up for, if this system is a Debian. */
function mirror() {
  const sites = run('apt-get', ['indextargets', '--format', '$(SITE)']).split('\n');
  return sites.find((site) => /\/debian\/?$/.test(site)) ?? 'http://deb.debian.org/debian';
}

/** Starts nothing at boot but what systemd needs: a test starts what it is about. */
function quieten(root) {
  mkdirSync(join(root, 'etc/systemd/system-preset'), { recursive: true });
  writeFileSync(join(root, 'etc/systemd/system-preset/00-tests.preset'), 'disable *\n');
  run('chroot', [root, 'systemctl', 'preset-all']);
  // Init scripts of packages that have no unit.
  for (const name of readdirSync(join(root, 'etc')).filter((name) => /^rc.\.d$/.test(name)))
    rmSync(join(root, 'etc', name), { recursive: true });
  rmSync(join(root, 'var/cache/apt'), { recursive: true, force: true });
  rmSync(join(root, 'var/lib/apt/lists'), { recursive: true, force: true });
}

function run(command, args, env = process.env) {
  return execFileSync(command, args, {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    timeout: INSTALL_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** debootstrap tells its errors on stdout. */
function lastLine(error) {
  const said = `${error.stdout ?? ''}\n${error.stderr ?? ''}`.trim() || error.message;
  return said.trim().split('\n').at(-1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installTree({ again: true });
  const { root, missing } = tree();
  console.log(missing === null ? `The tree is there: ${root}` : `Not there: ${missing}`);
}
