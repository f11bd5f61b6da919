import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { OptionError } from '@daemonium/core/start';
import { pathOfUrl, probe, systemError } from './paths.ts';

/** What is run: a function or an overridden `run()` (`null` here: both come from the script), or a module's path. */
export function resolveTarget(target: unknown, overridesRun: boolean): string | null {
  if (target === undefined) return null;
  if (overridesRun) throw new OptionError('target', 'either a target or an overridden run(), not both', target, 'ERR_OPTION_VALUE');
  if (typeof target === 'function') {
    if (/^class\b/.test(Function.prototype.toString.call(target))) {
      throw new OptionError('target', 'a function, or the URL of the module that exports the class', target, 'ERR_OPTION_TYPE');
    }
    return null;
  }
  const path = modulePath(target);
  probe('target', path, () => {
    if (!statSync(path).isFile()) throw systemError('EISDIR', 'not a file', path);
  });
  return path;
}

function modulePath(target: unknown): string {
  if (target instanceof URL) return pathOfUrl('target', target);
  if (typeof target === 'string') {
    if (isAbsolute(target) && !target.includes('\0')) return target;
    if (target.startsWith('file:') && URL.canParse(target)) return pathOfUrl('target', new URL(target));
    throw new OptionError('target', "a function, or a module's URL or absolute path", target, 'ERR_OPTION_VALUE');
  }
  throw new OptionError('target', "a function, or a module's URL or absolute path", target, 'ERR_OPTION_TYPE');
}

/** Throws unless the structured clone algorithm takes `value`; a plain value costs no more than a walk. */
export function checkCloneable(option: string, value: unknown): void {
  try {
    process.getBuiltinModule('node:v8').serialize(value);
  } catch (cause) {
    throw new OptionError(option, `data that can be cloned (${(cause as Error).message})`, value, 'ERR_OPTION_VALUE', { cause });
  }
}
