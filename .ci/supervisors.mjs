// Installs the supervisors that test/daemon/launcher/supervisors tries, where there is apt-get and somebody who may use it.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { main, runQuietly } from './progress.mjs';

const PACKAGES = {
  runsv: 'runit',
  's6-supervise': 's6',
  supervise: 'daemontools',
  supervisord: 'supervisor',
  'supervise-daemon': 'openrc',
};
const isThere = (program) => process.env.PATH.split(':').some((directory) => existsSync(`${directory}/${program}`));

/** A package of a service starts it, unless this program forbids it (invoke-rc.d(8)). */
const POLICY = '/usr/sbin/policy-rc.d';

await main(async () => {
  const missing = Object.entries(PACKAGES).flatMap(([program, name]) => (isThere(program) ? [] : name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isThere('apt-get')) {
    console.log(`Not tried: ${missing.join(', ')}; only root can install them, and with apt-get`);
    return;
  }
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await runQuietly('apt-get update', 'apt-get', ['update']);
    await runQuietly(`Installing ${missing.join(', ')}`, 'apt-get', ['install', '-y', '--no-install-recommends', ...missing], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } finally {
    if (isOurs) rmSync(POLICY);
  }
});
