import type { PidLockFile } from '@daemonium/core';
import type { DaemonEvents } from './daemon-events.ts';
import type { GivenOptions } from './options/given-options.ts';
import type { Logging } from './options/logging.ts';
import type { Resolved } from './options/resolve.ts';
import type { Startup } from './startup.ts';
import { loadCore } from './wire/core.ts';
import type { EventEmitter } from './wire/event-emitter.ts';

/**
 * What a process is to a daemon: `launcher` starts or controls it, `daemon` is it, detached; `foreground` is it, without having detached.
 */
export type Role = 'launcher' | 'daemon' | 'foreground';

/** What the code behind a `Daemon` uses of it. */
export interface DaemonObject extends Pick<EventEmitter<DaemonEvents>, 'emit' | 'on' | 'off' | 'listenerCount'> {
  pidFile: PidLockFile | null;
  run(...args: unknown[]): unknown;
  monitor(startup: Startup): Promise<void>;
  report(): never;
}

/** The part of a `Daemon` that is not public: what stages, launcher and control work on. */
export interface Context {
  readonly daemon: DaemonObject;
  /** In the foreground a module that exports a function gives way to that function. */
  given: GivenOptions;
  /** Daemon's own prototype: what differs from it is overridden. */
  readonly base: DaemonObject;
  /** Set once the options have been checked, or have come from the launcher. */
  options: Resolved | null;
  /** Loaded when the options name a logger. */
  logging: Logging;
  role: Role;
  /** A start of this object is under way in the launcher. */
  launching: boolean;
  /** What `super.stage1()` does in the launcher, while a start is under way. */
  detach: (() => void) | null;
  /** start() has come to the stages in this process, and does not come back from them. */
  starting: boolean;
  /** In the foreground: the caller had acquired the lock before the start. */
  borrowsLock: boolean;
  /** Made while `run()` was at work already: by the daemon itself, and not by the script as it ran again. */
  readonly madeByDaemon: boolean;
  readonly started: Set<number>;
  readonly finished: Set<number>;
  /** In the foreground, with a module as the target: what the stages are run for, once the module is loaded. */
  standIn: Context | null;
  /** The object that was asked to start, when the module's class is what runs. */
  maker: Context['daemon'] | null;
  /** The stage at work, for errors. */
  stage: number | null;
  /** Descriptors that stage 9 puts in place, opened in stage 1 with the launcher's rights. */
  early: {
    /** In the foreground only: a daemon has its stdin from the spawn on. */
    readonly stdin: number | null;
    readonly null: number | null;
    readonly targets: ReadonlyMap<1 | 2, number>;
    readonly temporary: readonly number[];
  } | null;
  /** What came through exec without being asked for, by number, device and inode. */
  leaks: ReadonlyArray<readonly [fd: number, dev: string, ino: string]>;
  pid: number | null;
  /** When the daemon's process began. */
  since: Date | null;
  /** The same in the kernel's ticks, which no setting of the clock moves: with it, `pid` means this process and no later one. */
  startTime: number | null;
  /** RLIMIT_CORE was set on the way here. */
  coreLimited: boolean;
  readyWanted: boolean;
  readySaid: boolean;
  /** Settles when the launcher has answered to READY, and `run()` begins; `null` unless that is waited for. */
  answer: Promise<void> | null;
  /** `run()` has ended. */
  settled: boolean;
  terminating: boolean;
  shutdown: AbortController | null;
  output: string;
  error: string;
  /** Why the start failed, for `report()`. */
  failure: unknown;
  readonly defaultName: string;
  readonly overridesRun: boolean;
  /** Runs a stage's method, overridden or not, without any bookkeeping. */
  call(stage: number): unknown;
  /** Whether a subclass overrides the stage. */
  overrides(stage: number): boolean;
  /** The lock, if a pid file is wanted. */
  lock(): PidLockFile | null;
}

/** Names for messages; the numbers are the table's of the documentation. */
export const STAGES: readonly string[] = [
  '',
  'detach',
  'core dumps',
  'credentials',
  'umask',
  'working directory',
  'pid file',
  'signals',
  'inherited files',
  'standard streams',
];

export function stageName(stage: number): string {
  return `stage ${stage} (${STAGES[stage]})`;
}

/** Loads the lock, if there is a pid file, so that it can be used synchronously. `null`: nothing to wait for. */
export function lockReady({ given: { pidFile } }: Context): Promise<unknown> | null {
  if (pidFile === undefined || pidFile === null) return null;
  const loading = loadCore();
  return loading instanceof Promise ? loading : null;
}

export function resolved(context: Context): Resolved {
  if (context.options === null) throw new Error('The options have not been resolved');
  return context.options;
}

/** How a daemon is told from others across the two runs of the script. */
export function identify({ daemon, given }: Context): { className: string; name: string } {
  return { className: daemon.constructor.name, name: typeof given.name === 'string' ? given.name : '' };
}
