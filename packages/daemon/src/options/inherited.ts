import { OptionError } from '@daemonium/core/start';
import { descriptorOf } from './descriptor.ts';
import type { GivenOptions } from './given-options.ts';
import type { Logging } from './logging.ts';

/** The numbers that cross unchanged: those of `inheritFiles`, and the logger's. */
export function resolveInherited({ inheritFiles, logger }: GivenOptions, logging: Logging): readonly number[] {
  const fds = [...itemsOf(inheritFiles)].flatMap((item, index) => descriptorsOf(`inheritFiles[${index}]`, item, logging));
  // A logger on the launcher's own stdout goes the way of stdout; only asked for by name does it keep the launcher's.
  if (logging?.isLogger(logger)) fds.push(...fdsOfLogger('logger', logger, logging).filter((fd) => fd > 2));
  return [...new Set(fds)].sort((a, b) => a - b);
}

/** @throws {OptionError} `logger` is no pino logger, or its descriptors cannot cross */
export function checkLogger(logger: unknown, logging: Logging): void {
  if (logging !== null && logger !== undefined && logger !== null) fdsOfLogger('logger', logger, logging);
}

function itemsOf(inheritFiles: unknown): Iterable<unknown> {
  if (inheritFiles === undefined) return [];
  if (typeof inheritFiles === 'object' && inheritFiles !== null && Symbol.iterator in inheritFiles)
    return inheritFiles as Iterable<unknown>;
  throw new OptionError('inheritFiles', 'an array of descriptors or things that have one', inheritFiles, 'ERR_OPTION_TYPE');
}

function descriptorsOf(option: string, item: unknown, logging: Logging): number[] {
  return logging?.isLogger(item) ? fdsOfLogger(option, item, logging) : [descriptorOf(option, item)];
}

function fdsOfLogger(option: string, logger: unknown, { loggerFds }: NonNullable<Logging>): number[] {
  try {
    return loggerFds(logger as Parameters<typeof loggerFds>[0]).map((fd) => descriptorOf(option, fd));
  } catch (cause) {
    if (cause instanceof OptionError && cause.option === option) throw cause;
    // The file of a fileLogger, which is opened for this start.
    if ((cause as Error).name === 'LogFileError') throw cause;
    throw new OptionError(option, `a pino logger whose descriptors can cross (${(cause as Error).message})`, logger, 'ERR_OPTION_VALUE', {
      cause,
    });
  }
}
