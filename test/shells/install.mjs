// `node test/shells/install.mjs`: gets BusyBox and shellcheck from Debian or Ubuntu, for the tests of respawn.sh, where the system has none.
// They are unpacked into a cache: nothing is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = ['busybox-static', 'shellcheck'];
const DOWNLOAD_MS = 60_000;

// As another user, too, whom root's home is closed to.
const caches = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
const cache = join(process.env.XDG_CACHE_HOME || caches, 'daemonium/shells');
const unpacked = join(cache, 'root');

/** The path of a program that the system or the cache has, or `null`. */
export function program(name) {
  const directories = ['/usr/bin', '/bin', '/usr/local/bin', join(unpacked, 'bin'), join(unpacked, 'usr/bin')];
  return directories.map((directory) => join(directory, name)).find((file) => existsSync(file)) ?? null;
}

/** Downloads and unpacks what is missing. Tried once; `node test/shells/install.mjs` tries again. */
export function installShells({ again = false } = {}) {
  if (program('busybox') !== null && program('shellcheck') !== null) return;
  if (!again && existsSync(join(cache, 'failed'))) return;
  // Of this process alone, as several may try at once; the last step puts all of it in its place.
  const work = join(cache, `.${process.pid}`);
  mkdirSync(work, { recursive: true });
  rmSync(join(cache, 'failed'), { force: true });
  try {
    execFileSync('apt-get', ['download', '-q', ...PACKAGES], { cwd: work, timeout: DOWNLOAD_MS, stdio: 'ignore' });
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['-x', join(work, file), join(work, 'root')]);
    }
    rmSync(unpacked, { recursive: true, force: true });
    renameSync(join(work, 'root'), unpacked);
  } catch (error) {
    writeFileSync(join(cache, 'failed'), `${error.message}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installShells({ again: true });
  for (const name of ['dash', 'busybox', 'bash', 'shellcheck']) console.log(`${name}: ${program(name) ?? 'not there'}`);
}
