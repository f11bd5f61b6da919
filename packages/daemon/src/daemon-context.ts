import { basename } from 'node:path';
import type { Context, DaemonObject } from './context.ts';
import { startState } from './daemonized/start-state.ts';
import { DaemonError } from './errors.ts';
import type { GivenOptions } from './options/given-options.ts';

type StageMethods = Record<`stage${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`, () => unknown>;

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

const contexts = new WeakMap<object, Context>();
const wrappers = new WeakMap<object, ReadonlyMap<number, () => unknown>>();

export function contextOf(daemon: object): Context {
  return contexts.get(daemon) as Context;
}

/** The state behind a daemon object. `base` is Daemon's prototype: what differs from it is overridden. */
export function createContext(daemon: DaemonObject & StageMethods, given: GivenOptions, base: DaemonObject & StageMethods): Context {
  // As the constructor finds them, before they are wrapped: the class's, overridden or not.
  const methods = new Map(NUMBERS.map((stage) => [stage as number, daemon[`stage${stage}`]]));
  const context: Context = {
    daemon,
    given: withList(given),
    base,
    options: null,
    logging: null,
    role: 'launcher',
    launching: false,
    detach: null,
    starting: false,
    borrowsLock: false,
    madeByDaemon: startState().running,
    started: new Set(),
    finished: new Set(),
    standIn: null,
    maker: null,
    stage: null,
    early: null,
    leaks: [],
    pid: null,
    since: null,
    startTime: null,
    coreLimited: false,
    readyWanted: false,
    readySaid: false,
    answer: null,
    settled: false,
    terminating: false,
    shutdown: null,
    output: '',
    error: '',
    failure: null,
    defaultName: Object.getPrototypeOf(daemon) === base ? basename(process.argv[1] ?? 'daemon') : daemon.constructor.name,
    overridesRun: daemon.run !== base.run,
    call: (stage) => methods.get(stage)?.call(daemon),
    overrides: (stage) => methods.get(stage) !== base[`stage${stage as 1}`],
    lock: () => daemon.pidFile,
  };
  contexts.set(daemon, context);
  return context;
}

/** What an iterator gives can be read once, and is asked for more than once. */
function withList(given: GivenOptions): GivenOptions {
  const { inheritFiles } = given;
  const once = typeof inheritFiles === 'object' && inheritFiles !== null && !Array.isArray(inheritFiles) && Symbol.iterator in inheritFiles;
  return once ? { ...given, inheritFiles: [...inheritFiles] } : given;
}

/**
 * Lays `act` over the stage methods of one object: called directly, a stage runs the earlier ones first, overridden or not, and
 * `super.stage5()` still means the class above.
 */
export function wrapStages(daemon: object, act: (stage: number) => Promise<void>): void {
  const own = new Map<number, () => unknown>();
  for (const stage of NUMBERS) {
    const value = () => act(stage);
    own.set(stage, value);
    Object.defineProperty(daemon, `stage${stage}`, { value, configurable: true, writable: true, enumerable: false });
  }
  wrappers.set(daemon, own);
}

/**
 * A stage overridden as a field is set after the constructor has looked, and would run without any bookkeeping.
 * @throws {DaemonError} `ERR_STAGE_FIELD`
 */
export function refuseFieldOverrides(daemon: object): void {
  const own = wrappers.get(daemon);
  const field = NUMBERS.find((stage) => (daemon as StageMethods)[`stage${stage}`] !== own?.get(stage));
  if (field === undefined) return;
  throw new DaemonError(`stage${field} is overridden as a field; write it as a method: async stage${field}() { ... }`, {
    code: 'ERR_STAGE_FIELD',
    stage: field,
  });
}
