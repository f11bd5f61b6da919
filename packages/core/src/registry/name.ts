import { OptionError } from '../errors/option-error.ts';

const NAME = /^[A-Za-z0-9._@-]{1,64}$/;

/** Why a word cannot be the name of a daemon, or `null`. */
export function faultOfName(name: string): string | null {
  if (!NAME.test(name)) return '1 to 64 of A-Z a-z 0-9 . _ @ -';
  if (name === 'all') return "another name: 'all' means all daemons";
  if (name.startsWith('-')) return "a name that does not begin with '-', as options do";
  return name === '.' || name === '..' ? 'a name, and no directory' : null;
}

/** @throws {OptionError} `ERR_OPTION_VALUE`, `ERR_OPTION_TYPE` */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw new OptionError('name', 'a string', name);
  const fault = faultOfName(name);
  if (fault !== null) throw new OptionError('name', fault, name, 'ERR_OPTION_VALUE');
}

/** A script's file name without its ending, as far as it can be a name. */
export function nameOfScript(script: string): string {
  const base = script.slice(script.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return (dot > 0 ? base.slice(0, dot) : base).replace(/[^A-Za-z0-9._@-]/g, '-').slice(0, 64);
}
