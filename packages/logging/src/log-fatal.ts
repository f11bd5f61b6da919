import { decodeError, encodeError } from '@daemonium/core/start';
import { flushStream, streamOf } from './sinks.ts';

interface LeveledLogger {
  readonly levels: { readonly values: Readonly<Record<string, number>> };
  readonly levelVal: number;
}

type Log = (bindings: object, message: string) => void;

/**
 * Logs a record that must not be filtered away: at `level`, or, in a logger that does not show or know this level, at its highest.
 * @returns `false` when the logger is silent, or throws
 */
export function logLoudly(logger: unknown, level: 'error' | 'fatal', bindings: object, message: string): boolean {
  try {
    const { levels, levelVal } = logger as LeveledLogger;
    const { values } = levels;
    const names = Object.keys(values).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
    const name = [level, ...names].find((candidate) => (values[candidate] ?? -1) >= levelVal);
    if (name === undefined) return false;
    (logger as Record<string, Log>)[name]?.(bindings, message);
    return true;
  } catch {
    return false;
  }
}

/**
 * Logs the error that ends this process, at fatal, and writes it out before this returns (a worker-thread transport gets it as far as it
 * can). Never throws: if the logger cannot take the error, such as a frozen one or one whose getters throw, its readable parts are logged.
 * @param error the thrown value
 * @returns `false` when it could not be logged: tell stderr instead
 */
export function logFatal(logger: unknown, error: unknown, message: string): boolean {
  const stream = streamOf(logger);
  if (stream === undefined) return false;
  const log = (err: unknown): boolean => logLoudly(logger, 'fatal', { err }, message);
  const logged = (isSerializable(error) && log(error)) || log(decodeError(encodeError(error)));
  flushStream(stream);
  return logged;
}

/** pino drops an error completely if one of its properties cannot be written as JSON. */
function isSerializable(value: unknown): value is Error {
  try {
    JSON.stringify({ ...(value as Error) });
    return value instanceof Error;
  } catch {
    return false;
  }
}
