// The bundlers that `npm run test:bundles` tries, kept outside of the checkout: together they are larger than all that it installs.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DownloadFailed, installPackages } from './download.mjs';

const VERSIONS = {
  '@rollup/plugin-commonjs': '29',
  '@rollup/plugin-node-resolve': '16',
  '@rspack/core': '2.3.3',
  '@vercel/ncc': '0.45.0',
  rolldown: '1.3.2',
  rollup: '4.68.8',
  webpack: '5.113.0',
};

const caches = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');

/** Where they are installed, or `null`: there is no network. */
export async function installBundlers() {
  const directory = join(process.env.XDG_CACHE_HOME || caches, 'daemonium/bundlers', Object.values(VERSIONS).join('_'));
  const isThere = () => existsSync(join(directory, 'installed'));
  try {
    await installPackages('Installing bundlers', { directory, dependencies: VERSIONS, isThere });
    return directory;
  } catch (error) {
    if (!(error instanceof DownloadFailed)) throw error;
    console.error(`The bundlers cannot be installed: ${error.reason}`);
    return null;
  }
}
