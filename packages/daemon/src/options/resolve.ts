import { expectedName, OptionError, START_TIMEOUT, STOP_TIMEOUT } from '@daemonium/core/start';
import type { DaemonFacts } from '../definition/facts.ts';
import type { StageMethods } from '../definition/stage-methods.ts';
import { LONGEST_TIMER } from '../internal/longest-timer.ts';
import { resolveDirectory, resolveRoot } from './directories.ts';
import { resolveEnv } from './env.ts';
import type { GivenOptions } from './given-options.ts';
import { losesRights } from './identity.ts';
import { checkLogger, resolveInherited } from './inherited.ts';
import type { Logging } from './logging.ts';
import { OptionProblems } from './option-problems.ts';
import { lockOf } from './pid-file.ts';
import type { Entry, Plan } from './plan.ts';
import { resolveSignals } from './signals.ts';
import { resolveStreams } from './streams.ts';
import { checkCloneable, resolveEntry } from './target.ts';

const KEYS: ReadonlySet<string> = new Set<keyof GivenOptions>([
  ...([
    'target',
    'args',
    'kwargs',
    'name',
    'processTitle',
    'detach',
    'workingDirectory',
    'rootDirectory',
    'umask',
    'preventCore',
    'user',
    'group',
  ] as const),
  ...(['initGroups', 'pidFile', 'inheritFiles', 'signalMap', 'stdin', 'stdout', 'stderr', 'logger', 'env', 'monitor'] as const),
  ...(['waitForReady', 'ready', 'listen', 'startTimeout', 'stopTimeout', 'respawn', 'lease'] as const),
]);

/** Options whose checks are loaded when one of them is given. */
const RARE = ['user', 'group', 'initGroups', 'listen', 'respawn'] as const;

/**
 * Checks all options and fills in the defaults. Nothing is created, nothing spawned.
 * @throws {OptionError} naming option and value
 */
export async function resolveOptions(
  given: GivenOptions,
  { daemon, base, stages, defaultName, overridesRun }: DaemonFacts,
  logging: Logging,
): Promise<Plan> {
  const problems = new OptionProblems();
  for (const key of Object.keys(given)) {
    if (!KEYS.has(key)) problems.add(key, expectedName(key, KEYS), (given as Record<string, unknown>)[key], 'ERR_OPTION_UNKNOWN');
  }
  const rootDirectory = problems.check(() => resolveRoot(given.rootDirectory), null);
  const entry = problems.check<Entry>(() => resolveEntry(given, overridesRun, rootDirectory), { kind: 'script' });
  const rare = RARE.some((option) => given[option] !== undefined) ? await import('./check-when-given.ts') : null;
  const checkLease = given.lease === undefined ? null : (await import('../lease/entry.ts')).checkLease;
  const plan: Plan = {
    entry,
    args: problems.check(() => resolveArguments(given), []),
    name: problems.check(() => resolveName(given.name, defaultName), defaultName),
    title: problems.check(() => titleOf(given, entry), null),
    detach: problems.check(() => oneOf('detach', given.detach, 'auto', [true, false, 'auto'] as const), 'auto'),
    workingDirectory: problems.check(() => resolveDirectory(given.workingDirectory, rootDirectory), '/'),
    rootDirectory,
    umask: problems.check(() => resolveUmask(given.umask), 0o077),
    preventCore: problems.check(() => oneOf('preventCore', given.preventCore, true, [true, false] as const), true),
    identity: rare === null ? null : await rare.resolveIdentity(given, problems),
    inherit: [],
    listen: rare === null ? null : problems.check(() => rare.resolveListen(given), null),
    signals: resolveSignals(given.signalMap, entry.kind === 'program' ? base : daemon, entry.kind, problems),
    ...resolveStreams(given, problems),
    named: (['stdin', 'stdout', 'stderr'] as const).flatMap((option, fd) => (given[option] === undefined ? [] : fd)),
    env: problems.check(() => resolveEnv(given.env), {}),
    monitor: problems.check(() => oneOf('monitor', given.monitor, true, [true, false] as const), true),
    // A program's option `ready` says when it is ready: it has to run before that.
    waitForReady:
      entry.kind === 'program' || problems.check(() => oneOf('waitForReady', given.waitForReady, false, [true, false] as const), false),
    startTimeout: problems.check(() => resolveTimeout('startTimeout', given.startTimeout, START_TIMEOUT), START_TIMEOUT),
    stopTimeout: problems.check(() => resolveTimeout('stopTimeout', given.stopTimeout, STOP_TIMEOUT), STOP_TIMEOUT),
    respawn: rare === null ? null : problems.check(() => rare.resolveRespawn(given, hasPidFile(given, daemon)), null),
    lease: checkLease === null ? null : problems.check(() => checkLease(given, entry), null),
  };
  if (entry.kind === 'program') problems.check(() => refuseOverriddenStages(given, stages), undefined);
  problems.check(() => refuseUnwatchedPidFile(given, plan), undefined);
  problems.check(() => lockOf(given.pidFile), null);
  // Last, and only when everything else is right: a fileLogger opens its file for its number.
  problems.throwIfAny();
  checkLogger(given.logger, logging);
  return Object.freeze({ ...plan, inherit: resolveInherited(given, logging) });
}

/** The process of a program has nothing of the launcher's class. Stage 1 is the launcher's, too. */
function refuseOverriddenStages({ target }: GivenOptions, stages: StageMethods): void {
  const overridden = [2, 3, 4, 5, 6, 7, 8, 9].find((stage) => stages.overrides(stage));
  if (overridden === undefined) return;
  const expected = `either a program or an overridden stage${overridden}(), not both: the class does not cross to a program`;
  throw new OptionError('target', expected, target, 'ERR_OPTION_VALUE');
}

function hasPidFile({ pidFile }: GivenOptions, daemon: DaemonFacts['daemon']): boolean {
  return (pidFile !== undefined && pidFile !== null) || daemon.pidFile !== null;
}

/** The launcher writes the pid of a daemon that loses its rights, and without a monitor there is no launcher left to do so. */
function refuseUnwatchedPidFile({ pidFile }: GivenOptions, { monitor, identity }: Plan): void {
  if (monitor || pidFile === undefined || pidFile === null || !losesRights(identity)) return;
  const expected = 'true: the pid file of a daemon that gives up root is written by its launcher, which has to wait for it';
  throw new OptionError('monitor', expected, monitor, 'ERR_OPTION_VALUE');
}

function oneOf<T extends string | boolean>(option: string, value: unknown, fallback: T, allowed: readonly T[]): T {
  if (value === undefined) return fallback;
  if (allowed.includes(value as T)) return value as T;
  throw new OptionError(
    option,
    allowed.map((each) => (typeof each === 'string' ? `'${each}'` : each)).join(' or '),
    value,
    'ERR_OPTION_TYPE',
  );
}

function resolveArguments({ args, kwargs }: GivenOptions): readonly unknown[] {
  if (args !== undefined && !Array.isArray(args)) throw new OptionError('args', 'an array', args, 'ERR_OPTION_TYPE');
  if (kwargs !== undefined && (typeof kwargs !== 'object' || kwargs === null))
    throw new OptionError('kwargs', 'an object', kwargs, 'ERR_OPTION_TYPE');
  if (args !== undefined && args.length > 0) checkCloneable('args', args);
  if (kwargs !== undefined) checkCloneable('kwargs', kwargs);
  return [...(args ?? []), ...(kwargs === undefined ? [] : [kwargs])];
}

function resolveName(name: unknown, fallback: string): string {
  if (name === undefined) return fallback;
  if (typeof name !== 'string') throw new OptionError('name', 'a string', name, 'ERR_OPTION_TYPE');
  if (name === '' || /[\0-\x1f\x7f]/.test(name))
    throw new OptionError('name', 'a name that is not empty and has no control characters', name, 'ERR_OPTION_VALUE');
  return name;
}

/** The command line of a program is how people find it. */
function titleOf({ name, processTitle }: GivenOptions, { kind }: Entry): string | null {
  const wanted = oneOf('processTitle', processTitle, true, [true, false] as const);
  return wanted && kind !== 'program' && typeof name === 'string' ? name : null;
}

function resolveUmask(value: unknown): number {
  if (value === undefined) return 0o077;
  if (typeof value !== 'number') {
    const meant =
      typeof value === 'string' && /^(0o)?[0-7]{1,4}$/.test(value) ? `the number 0o${value.replace(/^0o/, '').padStart(3, '0')}` : null;
    throw new OptionError('umask', meant ?? 'an octal mode from 0 to 0o777', value, 'ERR_OPTION_TYPE');
  }
  if (!Number.isInteger(value) || value < 0 || value > 0o777) {
    throw new OptionError('umask', 'an octal mode from 0 to 0o777', value, 'ERR_OPTION_RANGE');
  }
  return value;
}

function resolveTimeout(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number') throw new OptionError(option, 'a number of milliseconds', value, 'ERR_OPTION_TYPE');
  if (!(value >= 0 && value <= LONGEST_TIMER))
    throw new OptionError(option, `milliseconds from 0 to ${LONGEST_TIMER}`, value, 'ERR_OPTION_RANGE');
  return value;
}
