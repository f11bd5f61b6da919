import { OptionError } from '@daemonium/core';
import { isLogger, loggerFds } from '@daemonium/logging/logger-fds';
import type { DaemonOptions } from './daemon-options.ts';
import { descriptorOf } from './streams.ts';

/** The numbers that cross unchanged: those of `inheritFiles`, and the logger's. */
export function resolveInherited({ inheritFiles, logger }: DaemonOptions): readonly number[] {
  const fds = [...itemsOf(inheritFiles)].flatMap((item, index) => descriptorsOf(`inheritFiles[${index}]`, item));
  // A logger on the launcher's own stdout goes the way of stdout; only asked for by name does it keep the launcher's.
  if (isLogger(logger)) fds.push(...fdsOfLogger('logger', logger).filter((fd) => fd > 2));
  return [...new Set(fds)].sort((a, b) => a - b);
}

/** @throws {OptionError} `logger` is no pino logger, or its descriptors cannot cross */
export function checkLogger(logger: unknown): void {
  if (logger !== undefined && logger !== null) fdsOfLogger('logger', logger);
}

function itemsOf(inheritFiles: unknown): Iterable<unknown> {
  if (inheritFiles === undefined) return [];
  if (typeof inheritFiles === 'object' && inheritFiles !== null && Symbol.iterator in inheritFiles)
    return inheritFiles as Iterable<unknown>;
  throw new OptionError('inheritFiles', 'an array of descriptors or things that have one', inheritFiles, 'ERR_OPTION_TYPE');
}

function descriptorsOf(option: string, item: unknown): number[] {
  return isLogger(item) ? fdsOfLogger(option, item) : [descriptorOf(option, item)];
}

function fdsOfLogger(option: string, logger: unknown): number[] {
  try {
    return loggerFds(logger as Parameters<typeof loggerFds>[0]).map((fd) => descriptorOf(option, fd));
  } catch (cause) {
    if (cause instanceof OptionError && cause.option === option) throw cause;
    throw new OptionError(option, `a pino logger whose descriptors can cross (${(cause as Error).message})`, logger, 'ERR_OPTION_VALUE', {
      cause,
    });
  }
}
