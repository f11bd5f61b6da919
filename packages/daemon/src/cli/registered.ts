import type { Places, Registration } from '@daemonium/core/registry';
import { OptionError } from '@daemonium/core/start';
import type { Daemon } from '../daemon.ts';
import type { DaemonState } from '../definition/daemon-state.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { resolveListen } from '../options/listen.ts';
import { resolvePath } from '../options/paths.ts';
import { resolveRespawn } from '../options/respawn.ts';

type Registry = typeof import('@daemonium/core/registry');

/** No version is noted for a program that calls `control()`: the program has its own copy of the packages, and the command cannot choose it. */
const NO_VERSION = '';

/**
 * A start that writes the daemon down, with the lock of its name held until the outcome is known: a start and a delete of the command come one
 * after the other. A name that was new is forgotten again when the start fails.
 * @param start gives the exit code; it does not settle where this process becomes the daemon
 * @throws {OptionError} the daemon cannot be registered
 * @throws {RegistryError} the folder cannot be used, or another script has the name
 */
export async function startRegistered(daemon: Daemon, state: DaemonState, name: string, start: () => Promise<number>): Promise<number> {
  const registration = registrationOf(state, name);
  const registry: Registry = await import('@daemonium/core/registry');
  registry.checkName(name);
  const places = registry.ownPlaces();
  const { code } = await registry.withName(places, name, () => underLock(registry, places, registration, daemon, start));
  return code;
}

/** An object, as `withName()` would wait for a promise: in the foreground that never settles, and the name would stay locked. */
interface Begun {
  readonly code: Promise<number>;
}

async function underLock(
  { readDeclaration, register, noteStarted, readyInForeground, forgetUnlessStarted }: Registry,
  places: Places,
  registration: Registration,
  daemon: Daemon,
  start: () => Promise<number>,
): Promise<Begun> {
  const { name } = registration;
  const isNew = readDeclaration(places, name) === null;
  register(registration, places);
  const inForeground = readyInForeground(daemon, places, name, NO_VERSION);
  daemon.once('ready', () => {
    if (daemon.role !== 'foreground') noteStarted(places, name, NO_VERSION);
  });
  const code = start();
  const begun = () => Promise.race([code, inForeground]);
  await (isNew ? forgetUnlessStarted(places, name, begun) : begun());
  return { code };
}

/** From now on the daemon counts as stopped, and not as crashed, if its name belongs to this program. */
export async function noteRegisteredStop(state: DaemonState, name: string): Promise<void> {
  const { noteStopped, ownPlaces, readDeclaration } = await import('@daemonium/core/registry');
  const places = ownPlaces();
  if (readDeclaration(places, name)?.pidFile === state.lock?.path) noteStopped(places, name);
}

function registrationOf({ facts: { given }, lock }: DaemonState, name: string): Registration {
  const [, script] = process.argv;
  if (lock === null)
    throw new OptionError('register', 'false with pidFile: null, as nothing could find the daemon', true, 'ERR_OPTION_VALUE');
  if (script === undefined || isSingleExecutable()) {
    throw new OptionError('register', 'false where there is no script that node could run again', true, 'ERR_OPTION_VALUE');
  }
  const end = process.argv.indexOf('--');
  return {
    name,
    by: 'control',
    script,
    args: end === -1 ? [] : process.argv.slice(end + 1),
    execArgv: process.execArgv,
    ...forUnits(given),
    pidFile: lock.path,
    stdout: logOf('stdout', given),
    stderr: logOf('stderr', given),
  };
}

/** The options that a unit has, too: see `daemonium unit`. A wrong one is left out: the start refuses it. */
function forUnits(given: GivenOptions): Partial<Registration> {
  const { umask, startTimeout, stopTimeout, respawn, listen } = given;
  return {
    umask: Number.isInteger(umask) && isFrom0(umask) && umask <= 0o777 ? umask : undefined,
    startTimeout: isFrom0(startTimeout) ? startTimeout : undefined,
    stopTimeout: isFrom0(stopTimeout) ? stopTimeout : undefined,
    respawn: isRight(() => resolveRespawn(given, true)) ? respawn : undefined,
    listen: isRight(() => resolveListen(given)) ? listen : undefined,
    lease: leaseOf(given),
  };
}

function isFrom0(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

function isRight(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** The parts of a lease that are written down: never more than these, as a wrong option may hold a password. */
function leaseOf({ lease }: GivenOptions): object | undefined {
  if (typeof lease !== 'object' || lease === null || typeof lease.key !== 'string') return undefined;
  const { key } = lease;
  return 'urlFrom' in lease && typeof lease.urlFrom === 'string' ? { key, engine: lease.engine, urlFrom: lease.urlFrom } : { key };
}

function isSingleExecutable(): boolean {
  return (process.getBuiltinModule('node:sea') as { isSea(): boolean } | undefined)?.isSea() === true;
}

/** Path of the file that `daemonium logs` shows; `null` for a descriptor or none. */
function logOf(option: 'stdout' | 'stderr', { [option]: target }: GivenOptions): string | null {
  return typeof target === 'string' || target instanceof URL ? resolvePath(option, target) : null;
}
