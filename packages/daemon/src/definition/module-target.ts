import { pathToFileURL } from 'node:url';
import { DaemonError } from '../errors.ts';
import type { GivenOptions } from '../options/given-options.ts';
import type { DaemonObject } from './facts.ts';

type DaemonClass = new (options: GivenOptions) => DaemonObject;

export type Exported = (...args: unknown[]) => unknown;

/**
 * The default export of a target module: a function, or a subclass of Daemon.
 * @throws {DaemonError} `ERR_MODULE_TARGET`
 */
export async function importTarget(path: string): Promise<Exported> {
  const { default: exported } = (await import(/* webpackIgnore: true */ pathToFileURL(path).href)) as { readonly default?: unknown };
  if (typeof exported === 'function') return exported as Exported;
  const message = `The target module '${path}' must have a function or a subclass of Daemon as its default export, and has ${kindOf(exported)}`;
  throw new DaemonError(message, { code: 'ERR_MODULE_TARGET' });
}

function kindOf(exported: unknown): string {
  if (exported === undefined) return 'none';
  return exported === null ? 'null' : `a value of type ${typeof exported}`;
}

/**
 * Whether a module exports a subclass of Daemon, whose prototype is `base`; otherwise it is a function to be called.
 * @throws {DaemonError} `ERR_MODULE_TARGET`: another class
 */
export function isDaemonClass<Class extends DaemonClass>(exported: Exported | Class, base: object): exported is Class {
  if (exported.prototype === base || Object.prototype.isPrototypeOf.call(base, exported.prototype ?? null)) return true;
  if (!/^class\b/.test(Function.prototype.toString.call(exported))) return false;
  throw new DaemonError(
    `The target module's default export, class ${exported.name}, is not a subclass of the Daemon that runs it: extend Daemon, and have @daemonium/daemon installed once`,
    { code: 'ERR_MODULE_TARGET' },
  );
}
