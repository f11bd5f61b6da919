// Installs the dependencies when they are missing or older than the lock file. Needs Node and npm alone: pnpm comes through npx, in the version that package.json names.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { download } from './download.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampIn = (workspace) => join(workspace, 'node_modules/.cache/daemonium/installed');

/** What an installation depends on. The platform is part of it: a checkout may be mounted into a container. */
function fingerprint(workspace) {
  const packages = join(workspace, 'packages');
  const manifests = existsSync(packages) ? readdirSync(packages).map((name) => `packages/${name}/package.json`) : [];
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests])
    hash.update(readFileSync(join(workspace, file)));
  return hash.digest('hex');
}

function isInstalled(stamp, wanted) {
  try {
    return readFileSync(stamp, 'utf8') === wanted;
  } catch {
    return false;
  }
}

/** Of the workspace of the packages, or of another one. @throws {DownloadFailed} */
export async function installDependencies(workspace = root) {
  const stamp = stampIn(workspace);
  const wanted = fingerprint(workspace);
  if (isInstalled(stamp, wanted)) return;
  const { packageManager } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8'));
  await download('Installing dependencies', 'npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    cwd: workspace,
    // Without CI pnpm would ask before it replaces a node_modules of another layout.
    env: { ...process.env, CI: 'true', npm_config_update_notifier: 'false' },
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
