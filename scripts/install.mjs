// Installs the dependencies when they are missing or older than the lock file. Needs Node and npm alone: pnpm comes through npx, in the version that package.json names.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuietly } from './progress.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules/.cache/daemonium/installed');

/** What an installation depends on. The platform is part of it: a checkout may be mounted into a container. */
function fingerprint() {
  const manifests = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`);
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function isInstalled(wanted) {
  try {
    return readFileSync(stamp, 'utf8') === wanted;
  } catch {
    return false;
  }
}

export async function installDependencies() {
  const wanted = fingerprint();
  if (isInstalled(wanted)) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await runQuietly('Installing dependencies', 'npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    // Without CI pnpm would ask before it replaces a node_modules of another layout.
    env: { ...process.env, CI: 'true', npm_config_update_notifier: 'false' },
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
