import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { errnoError, OptionError } from '@daemonium/core/start';
import type { ProgramReadiness } from '../program/program-readiness.ts';
import { leadsOut } from './directories.ts';
import type { GivenOptions, ProgramTarget } from './given-options.ts';
import { pathOfUrl, refuseUnusable, resolvePath } from './paths.ts';
import type { Entry } from './plan.ts';

/** The code to run: a function or an overridden `run()`, both from the script; a module; or a program, whose path is inside of `root`. */
export function resolveEntry(given: GivenOptions, overridesRun: boolean, root: string | null): Entry {
  const { target, ready } = given;
  if (ready !== undefined && !isProgramTarget(target))
    throw new OptionError(
      'ready',
      'none: it is for a program target; any other calls ready(), with waitForReady',
      ready,
      'ERR_OPTION_VALUE',
    );
  if (target === undefined) return { kind: 'script' };
  if (overridesRun) throw new OptionError('target', 'either a target or an overridden run(), not both', target, 'ERR_OPTION_VALUE');
  if (typeof target === 'function') {
    if (/^class\b/.test(Function.prototype.toString.call(target))) {
      throw new OptionError('target', 'a function, or the URL of the module that exports the class', target, 'ERR_OPTION_TYPE');
    }
    return { kind: 'script' };
  }
  if (isProgramTarget(target)) return resolveProgram(given, target, root);
  return { kind: 'module', path: readableFile('target', modulePath(target)) };
}

/** `{ script: ... }`; no other kind of target has such a key. */
export function isProgramTarget(target: unknown): target is ProgramTarget {
  return typeof target === 'object' && target !== null && !(target instanceof URL) && 'script' in target;
}

const READINESS: readonly ProgramReadiness[] = ['started', 'listening', 'message'];
const PROGRAM_KEYS: readonly string[] = ['script', 'argv', 'execArgv'];

function resolveProgram({ ready, args, kwargs, waitForReady }: GivenOptions, target: ProgramTarget, root: string | null): Entry {
  const { script, argv, execArgv } = target;
  const unknown = Object.keys(target).find((key) => !PROGRAM_KEYS.includes(key));
  if (unknown !== undefined) throw new OptionError(`target.${unknown}`, `one of ${PROGRAM_KEYS.join(', ')}`, target, 'ERR_OPTION_UNKNOWN');
  if (ready !== undefined && !READINESS.includes(ready))
    throw new OptionError('ready', READINESS.map((each) => `'${each}'`).join(' or '), ready, 'ERR_OPTION_VALUE');
  for (const [option, value] of [
    ['args', args],
    ['kwargs', kwargs],
  ] as const) {
    if (value !== undefined) throw new OptionError(option, 'none: a program takes target.argv', value, 'ERR_OPTION_VALUE');
  }
  if (waitForReady !== undefined)
    throw new OptionError('waitForReady', 'none: of a program the option ready says when it is ready', waitForReady, 'ERR_OPTION_VALUE');
  return {
    kind: 'program',
    script: resolveScript(script, root),
    argv: strings('target.argv', argv),
    execArgv: resolveFlags(execArgv),
    readiness: ready ?? 'started',
  };
}

/** The script's path where it runs: inside of the root directory, if there is one. */
function resolveScript(script: unknown, root: string | null): string {
  const option = 'target.script';
  if (typeof script !== 'string' && !(script instanceof URL))
    throw new OptionError(option, 'a path or a file: URL', script, 'ERR_OPTION_TYPE');
  const path = resolvePath(option, script);
  if (root === null) return readableFile(option, path);
  if (typeof script === 'string' && !isAbsolute(script) && !script.startsWith('file:'))
    throw new OptionError(option, 'an absolute path, inside of rootDirectory', script, 'ERR_OPTION_VALUE');
  return leadsOut(root, path) ? path : readableFile(option, path, join(root, path));
}

/** With these flags Node.js would run something else than the script. */
const RUNS_OTHERS = /^(-e|--eval|-p|--print|-pe|-i|--interactive|-c|--check|--test|--watch|--watch-path|--run|-h|--help|-v|--version)$/;

function resolveFlags(value: unknown): readonly string[] {
  const option = 'target.execArgv';
  const flags = strings(option, value);
  const [first = '-'] = flags;
  if (!first.startsWith('-')) throw new OptionError(option, 'flags of Node.js, which begin with a dash', value, 'ERR_OPTION_VALUE');
  const other = flags.find((flag) => RUNS_OTHERS.test(flag.split('=', 1)[0] as string));
  if (other === undefined) return flags;
  throw new OptionError(option, `flags with which Node.js runs the script; with ${other} it does not`, value, 'ERR_OPTION_VALUE');
}

function strings(option: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string' && !each.includes('\0'))) return value;
  throw new OptionError(option, 'an array of strings without NUL', value, 'ERR_OPTION_TYPE');
}

/** @param seen its path from here */
function readableFile(option: string, path: string, seen = path): string {
  refuseUnusable(option, path, () => {
    if (!statSync(seen).isFile()) throw errnoError('EISDIR', 'not a file', { path: seen });
    accessSync(seen, constants.R_OK);
  });
  return path;
}

const EXPECTED = "a function, a module's URL or absolute path, or { script } for a program";

function modulePath(target: unknown): string {
  if (target instanceof URL) return pathOfUrl('target', target);
  if (typeof target === 'string') {
    if (isAbsolute(target) && !target.includes('\0')) return target;
    if (target.startsWith('file:') && URL.canParse(target)) return pathOfUrl('target', new URL(target));
    throw new OptionError('target', EXPECTED, target, 'ERR_OPTION_VALUE');
  }
  throw new OptionError('target', EXPECTED, target, 'ERR_OPTION_TYPE');
}

/** Throws unless the structured clone algorithm takes `value`; a plain value costs no more than a walk. */
export function checkCloneable(option: string, value: unknown): void {
  try {
    process.getBuiltinModule('node:v8').serialize(value);
  } catch (cause) {
    throw new OptionError(option, `data that can be cloned (${(cause as Error).message})`, value, 'ERR_OPTION_VALUE', { cause });
  }
}
