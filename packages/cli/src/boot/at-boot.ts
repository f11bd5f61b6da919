import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '@daemonium/core/registry';
import { ownAccount } from '../daemons/account.ts';
import { SYSTEM_DIRECTORY, userDirectory } from './host.ts';

/** For each daemon, the host that starts it at boot, in the words of the column BOOT; `null` if no host does. */
export function bootLook(places: Places): (name: string) => string | null {
  const { username, homedir } = ownAccount();
  const looks = [...systemLooks(places.uid === 0 ? null : username), ...(places.uid === 0 ? [] : userLooks(username, homedir))];
  return (name) => looks.find(({ has }) => has(name))?.host ?? null;
}

interface Look {
  readonly host: string;
  has(name: string): boolean;
}

function systemLooks(owner: string | null): Look[] {
  const enabled = [
    ...inFolder(join(SYSTEM_DIRECTORY, 'multi-user.target.wants'), (name) => `daemonium-${name}.service`),
    ...inFolder(join(SYSTEM_DIRECTORY, 'sockets.target.wants'), (name) => `daemonium-${name}.socket`),
  ].map((has): Look => ({ host: 'systemd', has: (name) => has(name) && ownerOfUnit(name) === owner }));
  if (owner !== null) return enabled;
  const folders: ReadonlyArray<readonly [host: string, directory: string, file: (name: string) => string]> = [
    ['openrc', '/etc/runlevels/default', (name) => `daemonium-${name}`],
    ['runit', '/etc/service', (name) => `daemonium-${name}`],
    ['runit', '/var/service', (name) => `daemonium-${name}`],
    ['launchd', '/Library/LaunchDaemons', (name) => `daemonium.${name}.plist`],
  ];
  return [...enabled, ...folders.flatMap(([host, directory, file]) => inFolder(directory, file).map((has) => ({ host, has })))];
}

/** A user's service starts at boot only if the user lingers (loginctl(1)); else at the user's first login. */
function userLooks(username: string, home: string): Look[] {
  const host = existsSync(`/var/lib/systemd/linger/${username}`) ? 'systemd' : 'at login';
  const units = inFolder(join(userDirectory(home), 'default.target.wants'), (name) => `daemonium-${name}.service`);
  const agents = inFolder(join(home, 'Library/LaunchAgents'), (name) => `daemonium.${name}.plist`);
  return [...units.map((has) => ({ host, has })), ...agents.map((has) => ({ host: 'at login', has }))];
}

/** One look at a folder, for all names. An empty list if there is no such folder. */
function inFolder(directory: string, fileOf: (name: string) => string): Array<(name: string) => boolean> {
  try {
    const files = new Set(readdirSync(directory));
    return [(name) => files.has(fileOf(name))];
  } catch {
    return [];
  }
}

/** A system unit may run a user's daemon of the same name as one of root's. */
function ownerOfUnit(name: string): string | null {
  try {
    return /^User=(.*)$/m.exec(readFileSync(join(SYSTEM_DIRECTORY, `daemonium-${name}.service`), 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}
