// Programs of Debian or Ubuntu for the tests. What the system lacks is downloaded and unpacked into a cache: nothing is installed, and no script of a
// package runs.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const DOWNLOAD_MS = 180_000;

// Root's cache is open to other users, whom root's home is closed to.
const caches = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');

/** Packages by name, unpacked together into the cache called `name`. `isThere` says whether nothing is missing. */
export class DebianPackages {
  #packages;
  #cache;
  #isThere;
  #script;

  constructor({ name, packages, isThere, script }) {
    this.#packages = packages;
    this.#cache = join(process.env.XDG_CACHE_HOME || caches, 'daemonium', name);
    this.#isThere = isThere;
    this.#script = script;
  }

  /** The root directory of what was unpacked. */
  get root() {
    return join(this.#cache, 'root');
  }

  /** Where its programs find its libraries: PulseAudio's are in a directory of their own. */
  get env() {
    const libraries = join(this.root, 'usr/lib');
    if (!existsSync(libraries)) return {};
    const directories = readdirSync(libraries)
      .filter((name) => name.includes('-linux-'))
      .flatMap((name) => [join(libraries, name), join(libraries, name, 'pulseaudio')]);
    return { LD_LIBRARY_PATH: directories.filter((directory) => existsSync(directory)).join(':') };
  }

  /** Why the last attempt failed. */
  get reason() {
    try {
      return readFileSync(this.#failed, 'utf8').trim();
    } catch {
      return `not installed; run node ${this.#script}`;
    }
  }

  get #failed() {
    return join(this.#cache, 'failed');
  }

  /** Downloads and unpacks what is missing. An attempt that failed is repeated only with `again`. */
  install({ again = false } = {}) {
    if (this.#isThere()) return;
    if (!again && existsSync(this.#failed)) return;
    // Of this process alone, as several may try at once; the last step puts all of it in its place.
    const work = join(this.#cache, `.${process.pid}`);
    const archives = join(work, 'archives');
    mkdirSync(join(archives, 'partial'), { recursive: true });
    rmSync(this.#failed, { force: true });
    try {
      this.#download(archives);
      for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
        execFileSync('dpkg-deb', ['-x', join(archives, file), join(work, 'root')]);
      }
      if (!existsSync(this.root)) renameSync(join(work, 'root'), this.root);
    } catch (error) {
      if (!this.#isThere()) writeFileSync(this.#failed, `${lastLine(error)}\n`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  #download(archives) {
    if (spawnSync('apt-get', ['--version']).error !== undefined) throw new Error('no apt-get on this system');
    const download = () =>
      apt(
        'install',
        '--download-only',
        '--no-install-recommends',
        '-o',
        `Dir::Cache::archives=${archives}`,
        '-o',
        'Debug::NoLocking=1',
        ...this.#packages,
      );
    try {
      download();
    } catch (error) {
      // A list that is older than the mirror names packages that are gone.
      if (process.getuid?.() !== 0) throw error;
      apt('update');
      download();
    }
  }
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  execFileSync('apt-get', ['-y', '-q', ...args], { env, timeout: DOWNLOAD_MS, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** apt-get that took too long may have said nothing. */
function lastLine(error) {
  const said = String(error.stderr ?? '').trim() || error.message;
  return said.trim().split('\n').at(-1);
}
