import { Daemon } from '../daemon.ts';
import type { DaemonOptions } from '../daemon-options.ts';
import { isDaemonProcess } from '../daemonized/arrival.ts';
import type { Startup } from '../startup.ts';
import { type FaultPlan, misbehave, parseFaultPlan } from './fault.ts';

/** `Daemon` or a subclass of it. */
// biome-ignore lint/suspicious/noExplicitAny: TypeScript wants the constructor of a mixin to take any arguments
export type DaemonClass = new (...args: any[]) => Daemon<any>;

/**
 * A class that behaves like `Base`, except that it misbehaves as planned. Use it in place of `Base` in the program under test.
 * @param plans one or several; default: the plans in the environment variable `DAEMONIUM_FAULT`, `stage5=hang` or `stage2=exit:7,run=throw`
 * for example; without it there is no fault, and the class is `Base` itself
 * @throws {OptionError} `ERR_OPTION_VALUE` the variable's value is no plan
 */
export function faulty<Base extends DaemonClass>(Base: Base, plans: FaultPlan | readonly FaultPlan[] = planned()): Base {
  return [plans].flat().reduce(withFault, Base);
}

function withFault<Base extends DaemonClass>(Base: Base, plan: FaultPlan): Base {
  const { at, fault, code } = plan;
  const happen = () => misbehave(fault, code);
  if (at === 'script' && isDaemonProcess) void happen();
  class Faulty extends Base {
    // biome-ignore lint/suspicious/noExplicitAny: TypeScript wants the constructor of a mixin to take any arguments
    constructor(...args: any[]) {
      super(...replaceTarget(args, plan, happen));
      this.on('stage', (stage) => void (this.role === 'launcher' && at === `launcher-stage${stage as 1}` && happen()));
      this.on('ready', () => void (this.role === 'launcher' && at === 'launcher-started' && happen()));
    }
    override async monitor(startup: Startup): Promise<void> {
      await super.monitor(startup);
      if (at === 'launcher-ready') {
        await startup.done;
        await happen();
      }
    }
  }
  // Launcher and daemon tell classes by their names, and so do messages.
  Object.defineProperty(Faulty, 'name', { value: Base.name });
  overrideStage(Faulty, plan, happen);
  overrideRun(Faulty, Base, plan, happen);
  return Faulty;
}

function planned(): FaultPlan[] {
  const text = process.env['DAEMONIUM_FAULT'];
  return text === undefined || text === '' ? [] : text.split(',').map(parseFaultPlan);
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** Overrides only the planned stage: for a stage that is not overridden, a start may take a shorter way. */
function overrideStage(Faulty: DaemonClass, { at }: FaultPlan, happen: () => Promise<void>): void {
  const isLaunchers = at === 'launcher-locked' || at === 'launcher-spawned';
  const method = isLaunchers ? 'stage1' : /^(?:after-)?(stage\d)$/.exec(at)?.[1];
  if (method === undefined) return;
  const own = (Faulty.prototype as Methods)[method];
  const after = at === 'launcher-spawned' || at.startsWith('after-');
  const value = async function (this: Daemon): Promise<void> {
    const here = isLaunchers === (this.role === 'launcher');
    if (here && !after) await happen();
    await own?.call(this);
    if (here && after) await happen();
  };
  Object.defineProperty(Faulty.prototype, method, { value, configurable: true, writable: true });
}

/** A target and an overridden run() exclude each other, so the one that exists is wrapped. */
function overrideRun(Faulty: DaemonClass, Base: DaemonClass, plan: FaultPlan, happen: () => Promise<void>): void {
  const own = (Base.prototype as Methods)['run'] as (...args: unknown[]) => unknown;
  // Daemon's own calls the target.
  if (!/^(ready|run)$/.test(plan.at) || own === Daemon.prototype.run) return;
  Object.defineProperty(Faulty.prototype, 'run', { value: wrapped(own, plan, happen), configurable: true, writable: true });
}

function replaceTarget(args: unknown[], plan: FaultPlan, happen: () => Promise<void>): unknown[] {
  const [options, ...rest] = args as [DaemonOptions | undefined, ...unknown[]];
  if (!/^(ready|run)$/.test(plan.at) || typeof options?.target !== 'function') return args;
  return [{ ...options, target: wrapped(options.target, plan, happen) }, ...rest];
}

function wrapped(own: (...args: unknown[]) => unknown, { at }: FaultPlan, happen: () => Promise<void>) {
  return async function (this: Daemon, ...args: unknown[]): Promise<unknown> {
    if (at === 'ready') await happen();
    const work = own.apply(this, args);
    if (at === 'run') await Promise.all([work, nextTurn().then(happen)]);
    return work;
  };
}

/** Waits for the end of the first turn of `run()`, which belongs to the start. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
