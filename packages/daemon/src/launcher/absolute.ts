import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireBeside } from '@daemonium/core/start';
import { type Flag, flagsOf, NAMES_MODULE, NAMES_PATH, NAMES_REQUIRED } from './node-flags.ts';
import { changeNodeOptions } from './node-options.ts';

/** Variables of Node.js that name a file or directory; NODE_PATH is a list. */
const VARIABLES = [
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_COMPILE_CACHE',
  'NODE_ICU_DATA',
  'NODE_REDIRECT_WARNINGS',
  'NODE_V8_COVERAGE',
] as const;

/**
 * Flags of Node.js that mean the same from every directory. A daemon is at `/`, where the relative ones of its launcher would name nothing to
 * its worker threads and its children, which have the flags from it.
 */
export function absoluteFlags(words: readonly string[], directory: string): string[] {
  const flags = flagsOf(words);
  return flags.flatMap((flag) => {
    const { value, words: given } = flag;
    const absolute = value === null || value === '' ? value : absoluteValue(flag, value, directory, flags);
    if (absolute === value) return given;
    const [first = ''] = given;
    return given.length === 2 ? [first, absolute as string] : [`${first.slice(0, first.indexOf('='))}=${absolute}`];
  });
}

/** Changes the variables of Node.js in `env` in the same manner. */
export function makeEnvironmentAbsolute(env: Record<string, string>, directory: string): void {
  for (const name of VARIABLES) {
    const value = env[name];
    if (value) env[name] = name === 'NODE_PATH' ? absoluteList(value, directory) : absolutePath(value, directory);
  }
  const options = env['NODE_OPTIONS'];
  if (options) env['NODE_OPTIONS'] = changeNodeOptions(options, (words) => absoluteFlags(words, directory));
}

function absoluteValue({ name }: Flag, value: string, directory: string, all: readonly Flag[]): string {
  if (NAMES_PATH.test(name)) return value === '*' ? value : absolutePath(value, directory);
  if (NAMES_REQUIRED.test(name)) return absoluteRequired(value, directory);
  return NAMES_MODULE.test(name) ? absoluteModule(value, directory, all) : value;
}

function absoluteList(paths: string, directory: string): string {
  return paths
    .split(':')
    .map((path) => (path === '' ? path : absolutePath(path, directory)))
    .join(':');
}

function absolutePath(path: string, directory: string): string {
  if (isAbsolute(path)) return path;
  return path.endsWith('/') ? `${resolve(directory, path)}/` : resolve(directory, path);
}

const RELATIVE = /^\.\.?(\/|$)/;

function absoluteRequired(request: string, directory: string): string {
  if (isAbsolute(request)) return request;
  if (RELATIVE.test(request)) return absolutePath(request, directory);
  const { createRequire } = process.getBuiltinModule('node:module');
  // A module that cannot be found is left for Node.js to report.
  return attempt(() => createRequire(resolve(directory, 'x')).resolve(request)) ?? request;
}

function absoluteModule(specifier: string, directory: string, flags: readonly Flag[]): string {
  if (isAbsolute(specifier) || URL.canParse(specifier)) return specifier;
  const base = pathToFileURL(`${directory}/`);
  if (RELATIVE.test(specifier)) return new URL(specifier, base).href;
  return attempt(() => findPackage(specifier, base, flags)) ?? specifier;
}

/** Node's own `import.meta.resolve()` looks from the file it stands in and from nowhere else. */
function findPackage(specifier: string, base: URL, flags: readonly Flag[]): string {
  const { moduleResolve } = requireBeside('import-meta-resolve', import.meta.url) as typeof import('import-meta-resolve');
  const own = flags.flatMap(({ name, value }) => (/^(-C|--conditions)$/.test(name) && value !== null ? value : []));
  const { require_module: sync = false } = process.features as { readonly require_module?: boolean };
  const conditions = new Set(['node', 'import', 'node-addons', ...(sync ? ['module-sync'] : []), ...own]);
  const keepsLinks = flags.some(({ name }) => name === '--preserve-symlinks');
  return moduleResolve(specifier, base, conditions, keepsLinks).href;
}

function attempt<T>(find: () => T): T | null {
  try {
    return find();
  } catch {
    return null;
  }
}
