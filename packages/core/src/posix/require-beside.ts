import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';

/**
 * Loads a package at once. Looks for it beside the calling file (the package's, or the bundle that an application was made into), beside the
 * main script, and beside the executable (a single-executable application), in this order.
 * @param url the caller's `import.meta.url`: in a bundle it may be missing (CommonJS), or be a path of the machine that made the bundle
 * @throws {Error} `MODULE_NOT_FOUND` when it is in none of these places; whatever the package throws
 */
export function requireBeside(name: string, url: string | undefined): unknown {
  return fromBeside(name, url, (require) => require(name));
}

/** The file that {@link requireBeside} would load. */
export function resolveBeside(name: string, url: string | undefined): string {
  return fromBeside(name, url, (require) => require.resolve(name));
}

function fromBeside<T>(name: string, url: string | undefined, take: (require: NodeJS.Require) => T): T {
  const { createRequire } = process.getBuiltinModule('node:module');
  let missing: unknown;
  for (const place of places(url)) {
    try {
      return take(createRequire(place));
    } catch (error) {
      if (!isMissing(error, name)) throw error;
      missing ??= error;
    }
  }
  throw missing;
}

/** Paths of a file beside the calling file, the main script and the executable, in the order of {@link requireBeside}. */
export function* pathsBeside(name: string, url: string | undefined): Generator<string> {
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  for (const place of places(url)) yield resolve(place.startsWith('file:') ? fileURLToPath(place) : place, '..', name);
}

/** Each is worked out only when the ones before were of no use. */
function* places(url: string | undefined): Generator<string> {
  if (isUsable(url)) yield url;
  const running = runningFile();
  if (isUsable(running)) yield running;
  const [, script] = process.argv;
  if (isUsable(script)) yield resolved(script);
  yield process.execPath;
}

function isUsable(place: string | undefined): place is string {
  return place !== undefined && (isAbsolute(place) || place.startsWith('file:'));
}

/** The packages are beside the script itself, not beside a link to it in some `bin`. */
function resolved(script: string): string {
  try {
    return realpathSync(script);
  } catch {
    return script;
  }
}

/** The file that this code is running from. Unlike `import.meta.url` and `__filename`, no bundler replaces it. */
function runningFile(): string | undefined {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, [site]) => site?.getFileName();
    return new Error().stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** Whether the package itself is missing. If the package is there and fails to find another one, that is its own fault. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'MODULE_NOT_FOUND' && message.startsWith(`Cannot find module '${name}'`);
}
