import { type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { networkFileSystem } from '../posix/host.ts';
import { RegistryError } from './registry-error.ts';

/** The directories in which the daemons of one user are written down. None of them needs to exist. */
export interface Places {
  readonly uid: number;
  /** NAME.json, the declarations, and NAME.started, the notes of started daemons; both survive a reboot. */
  readonly declarations: string;
  /** NAME.pid, and NAME.lock while a daemon is being started or deleted. */
  readonly locks: string;
  /** NAME.log */
  readonly logs: string;
  /** HOME in the environment if it is another user's. It is not used. */
  readonly foreignHome: string | null;
}

export interface PlacesInput {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home directory that the user data base names. */
  readonly home: () => string;
  /** Whether a directory is on a network file system. */
  readonly isRemote?: (directory: string) => boolean;
}

/**
 * The places of a user, by the XDG base directories; for root those of the system, unless XDG_STATE_HOME is set.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function placesOf({ uid, env, home, isRemote = (directory) => networkFileSystem(directory) !== null }: PlacesInput): Places {
  const state = env['XDG_STATE_HOME'];
  const isSet = state?.startsWith('/') === true;
  if (uid === 0 && !isSet) {
    const system = { uid, declarations: '/var/lib/daemonium', locks: '/run/daemonium', logs: '/var/log/daemonium' };
    return { ...system, foreignHome: foreign(env['HOME'], uid) };
  }
  const foreignHome = isSet ? null : foreign(env['HOME'], uid);
  const own = foreignHome === null && env['HOME']?.startsWith('/') === true ? env['HOME'] : null;
  const declarations = join(isSet ? state : join(own ?? home(), '.local/state'), 'daemonium');
  return {
    uid,
    declarations,
    locks: isRemote(nearestDirectory(declarations)) ? `/tmp/daemonium-${uid}` : declarations,
    logs: join(declarations, 'logs'),
    foreignHome,
  };
}

/** sudo and su may leave HOME as it was: files made there would belong to one user in the home of another. */
function foreign(home: string | undefined, uid: number): string | null {
  if (home === undefined) return null;
  const found = look(home);
  return found === undefined || found.uid === uid || (uid !== 0 && found.uid === 0) ? null : home;
}

/** One that this user may not look at counts as none here. Its use is the error, which names the cure. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The directory itself, or the one that it will be made in. */
export function nearestDirectory(directory: string): string {
  for (let path = directory; path !== '/'; path = join(path, '..')) {
    if (look(path) !== undefined) return path;
  }
  return '/';
}

/** The places of this process's user. @throws {RegistryError} `ERR_REGISTRY_UNUSABLE`: it has no home directory */
export function ownPlaces(env: PlacesInput['env'] = process.env): Places {
  const uid = process.geteuid?.() ?? 0;
  return placesOf({ uid, env, home: () => ownHome(uid) });
}

function ownHome(uid: number): string {
  try {
    return process.getBuiltinModule('node:os').userInfo().homedir;
  } catch (cause) {
    throw new RegistryError(
      `uid ${uid} has no account, and so no home directory for its daemons: set HOME, or XDG_STATE_HOME, to a directory of its own`,
      'ERR_REGISTRY_UNUSABLE',
      '.local/state/daemonium',
      { cause },
    );
  }
}
