import { basename } from 'node:path';
import type { PidLockFile } from '@daemonium/core';
import type { DaemonEvents } from '../daemon-events.ts';
import type { EventEmitter } from '../internal/event-emitter.ts';
import type { GivenOptions } from '../options/given-options.ts';
import type { Startup } from '../startup.ts';
import { type HasStages, StageMethods } from './stage-methods.ts';

/** The part of a `Daemon` object that the code behind it uses. */
export interface DaemonObject extends Pick<EventEmitter<DaemonEvents>, 'emit' | 'on' | 'off' | 'listenerCount'> {
  pidFile: PidLockFile | null;
  run(...args: unknown[]): unknown;
  monitor(startup: Startup): Promise<void>;
  report(): never;
}

/** Facts of a daemon object that do not change after its constructor. */
export interface DaemonFacts {
  readonly daemon: DaemonObject;
  /** The constructor's options. */
  readonly given: GivenOptions;
  /** With `name` it tells this daemon from others when the script runs again. */
  readonly className: string;
  /** The option `name`, or '' without it. */
  readonly name: string;
  /** The name in messages where the option `name` is not given. */
  readonly defaultName: string;
  readonly stages: StageMethods;
  /** Daemon's own prototype. */
  readonly base: object;
  readonly overridesRun: boolean;
  readonly overridesMonitor: boolean;
  /** The object was made while `run()` was at work: by the daemon itself, and not by the script as it ran again. */
  readonly madeAtWork: boolean;
}

/** The parts of a daemon object that a subclass can override. `base` is Daemon's prototype. */
export type Overridable = DaemonObject & HasStages;

/**
 * @param base Daemon's prototype: a method that differs from it is overridden
 * @param act called by a direct call of a stage
 */
export function createFacts(
  daemon: Overridable,
  given: GivenOptions,
  base: Overridable,
  { act, madeAtWork }: { readonly act: (stage: number) => Promise<void>; readonly madeAtWork: boolean },
): DaemonFacts {
  return {
    daemon,
    given: withList(given),
    className: daemon.constructor.name,
    name: typeof given.name === 'string' ? given.name : '',
    defaultName: Object.getPrototypeOf(daemon) === base ? basename(process.argv[1] ?? 'daemon') : daemon.constructor.name,
    stages: new StageMethods(daemon, base, act),
    base,
    // Asked when they are needed: a field of a subclass is set after this.
    get overridesRun() {
      return daemon.run !== base.run;
    },
    get overridesMonitor() {
      return daemon.monitor !== base.monitor;
    },
    madeAtWork,
  };
}

/** An iterator can be read once, and the option is read more than once. */
function withList(given: GivenOptions): GivenOptions {
  const { inheritFiles } = given;
  const once = typeof inheritFiles === 'object' && inheritFiles !== null && !Array.isArray(inheritFiles) && Symbol.iterator in inheritFiles;
  return once ? { ...given, inheritFiles: [...inheritFiles] } : given;
}

/** Whether the daemon's process executes something else than this script: a module, or a program. */
export function hasOwnEntry({ given: { target } }: DaemonFacts): boolean {
  return typeof target === 'string' || (typeof target === 'object' && target !== null);
}
