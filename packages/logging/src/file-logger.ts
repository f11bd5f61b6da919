import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import { logLoudly } from './last-words.ts';
import { LogFile } from './log-file/log-file.ts';
import { recordOf } from './log-file/trouble.ts';
import { type FileLoggerOptions, resolveOptions } from './options.ts';
import { flushAtEnd, forgetFlushing } from './signals/flush.ts';
import { forgetReopening, reopenOnSignal } from './signals/reopen.ts';

/** A pino logger; disposed of, it is flushed and its file is closed. A program that logs until it ends need not do that. */
export type FileLogger<CustomLevels extends string = never, UseOnlyCustomLevels extends boolean = boolean> = Logger<
  CustomLevels,
  UseOnlyCustomLevels
> &
  Disposable;

/**
 * A pino logger that appends to a file, for a process that lives long and has nobody watching.
 *
 * - The file is opened anew after SIGHUP (`reopenOn`), so that logrotate can rename it: no line is lost, none goes into another file.
 * - Everything logged is in the file when the process ends, by an uncaught error too; with `sync: false` also when SIGTERM or SIGINT ends it.
 * - A full disk or a removed directory does not end the process: up to 1 MiB of lines wait, and a record counts those that were lost.
 * - In a daemon the file that the launcher opened for the same path is used on, also where the path is out of reach by then.
 *
 * @throws {OptionError} naming the option; nothing was created
 * @throws {LogFileError} when `path` is a symbolic link or cannot be opened
 */
export function fileLogger<CustomLevels extends string = never, UseOnlyCustomLevels extends boolean = boolean>(
  options: FileLoggerOptions<CustomLevels, UseOnlyCustomLevels>,
): FileLogger<CustomLevels, UseOnlyCustomLevels> {
  const { pino: pinoOptions, reopenOn, ...fileOptions } = resolveOptions(options);
  const file = new LogFile(fileOptions);
  // pino checks the rest of the options before there is a file.
  const logger = pino()(pinoOptions, file);
  file.open();
  file.onTrouble = (trouble) => logLoudly(logger, 'error', ...recordOf(file.path, trouble));
  flushAtEnd(file, !fileOptions.sync);
  if (reopenOn !== null) reopenOnSignal(file, reopenOn);
  const dispose = (): void => {
    forgetReopening(file);
    forgetFlushing(file);
    file.end();
  };
  return Object.defineProperty(logger, Symbol.dispose, { value: dispose }) as unknown as FileLogger<CustomLevels, UseOnlyCustomLevels>;
}

/** pino costs 14-20 ms to load, which importing this package shall not. */
function pino(): typeof import('pino').default {
  loaded ??= createRequire(import.meta.url)('pino') as typeof import('pino').default;
  return loaded;
}

let loaded: typeof import('pino').default | undefined;
