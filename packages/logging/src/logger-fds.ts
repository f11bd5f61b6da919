import { OptionError } from '@daemonium/core';
import { descriptorOf, flushStream, isLogFile, type Sink, sinksOf, streamOf } from './sinks.ts';

export { logFatal } from './log-fatal.ts';

/** The methods by which a logger can be told from other objects, and used without importing pino. */
export interface LoggerLike {
  /** Logs at debug. */
  debug(bindings: object, message?: string): void;
  /** Logs at info. */
  info(message: string): void;
  /** Logs at error. */
  error(message: string): void;
  /** Logs at fatal. */
  fatal(bindings: object, message?: string): void;
}

/** Whether `value` is a pino logger or a child of one, of any copy of pino. */
export function isLogger(value: unknown): value is LoggerLike {
  return streamOf(value) !== undefined;
}

/**
 * The descriptors that a pino logger writes to, ascending, each once: through children, `pino.multistream` and pino-pretty as a stream.
 * A destination without one, in memory for example, gives none. A `fileLogger` opens its file for that. Does not import pino.
 * @throws {LogFileError} when that file cannot be opened
 * @throws {OptionError} `ERR_OPTION_TYPE` when `logger` is no pino logger; `ERR_OPTION_VALUE` for a worker-thread transport (the message says
 * what to use instead), and for a destination that is closed or not open yet
 */
export function loggerFds(logger: unknown): number[] {
  const fds = requireSinks(logger).map(descriptorOf);
  return [...new Set(fds.filter((fd) => fd !== null))].sort((a, b) => a - b);
}

/**
 * The files under a logger that a `fileLogger` of the same path can adopt in the next process; the paths are absolute.
 * @throws {OptionError} `ERR_OPTION_TYPE` when `logger` is no pino logger; `ERR_OPTION_VALUE` for a worker-thread transport
 */
export function loggerFiles(logger: unknown): { path: string; fd: number }[] {
  const files = requireSinks(logger).filter(isLogFile);
  return files.filter(({ fd }) => fd >= 0).map(({ path, fd }) => ({ path, fd }));
}

/**
 * The paths of the files that a `fileLogger` writes to, absolute, opened or not.
 * @throws {OptionError} `ERR_OPTION_TYPE` when `logger` is no pino logger; `ERR_OPTION_VALUE` for a worker-thread transport
 */
export function loggerPaths(logger: unknown): string[] {
  return requireSinks(logger)
    .filter(isLogFile)
    .map(({ path }) => path);
}

/**
 * Writes out the lines that a logger holds back, for example before the process ends. Never throws: there may be no place left to report an
 * error.
 */
export function flushLogger(logger: unknown): void {
  const stream = streamOf(logger);
  if (stream !== undefined) flushStream(stream);
}

function requireSinks(logger: unknown): Sink[] {
  const stream = streamOf(logger);
  if (stream === undefined) throw new OptionError('logger', 'a pino logger', logger);
  return sinksOf(stream);
}
