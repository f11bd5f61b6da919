import { OptionError } from '@daemonium/core';
import { requireBeside } from '@daemonium/core/start';
import type { Logger, LoggerOptions } from 'pino';
import { logLoudly } from './log-fatal.ts';
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
 * A pino logger that appends to a file, for a process that lives long and unattended.
 *
 * - The file is opened anew after SIGHUP (`reopenOn`), so that logrotate can rename it: no line is lost, none goes into another file.
 * - Everything logged is in the file when the process ends, by an uncaught error too; with `sync: false` also when SIGTERM or SIGINT ends
 *   it.
 * - A full disk or a removed directory does not end the process: up to 1 MiB of lines wait, and a record counts those that were lost.
 * - In a daemon, the logger goes on in the file that the launcher opened for the same path, also if the path is out of reach by then.
 *
 * The first line opens the file, or the start of a daemon that gets the logger: so a program's `status` and `stop` need no right to it. If
 * `path` cannot be used, that call fails with a {@link LogFileError}: `logger.info()`, or `daemon.start()`.
 *
 * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`, `ERR_OPTION_VALUE`, `ERR_OPTION_UNKNOWN`; also for options that pino refuses, with pino's error as `cause`
 * @throws {Error} `ERR_PINO` when pino is not installed beside the program
 */
export function fileLogger<CustomLevels extends string = never, UseOnlyCustomLevels extends boolean = boolean>(
  options: FileLoggerOptions<CustomLevels, UseOnlyCustomLevels>,
): FileLogger<CustomLevels, UseOnlyCustomLevels> {
  const { pino: pinoOptions, reopenOn, ...fileOptions } = resolveOptions(options);
  const file = new LogFile(fileOptions);
  const logger = makeLogger(pinoOptions, file);
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

/** pino checks the options that are its own. */
function makeLogger(options: LoggerOptions, file: LogFile): Logger {
  const make = pino();
  try {
    return make(options, file);
  } catch (cause) {
    const refused = Object.entries(options).find(([name, value]) => {
      try {
        make({ [name]: value }, file);
        return false;
      } catch {
        return true;
      }
    });
    const [name, value] = refused ?? ['options', options];
    throw new OptionError(name, `what pino takes (${messageOf(cause)})`, value, 'ERR_OPTION_VALUE', { cause });
  }
}

type Pino = typeof import('pino').default;

let loaded: Pino | undefined;

/** pino costs 14-20 ms to load, which importing this package shall not. */
function pino(): Pino {
  loaded ??= load();
  return loaded;
}

function load(): Pino {
  try {
    return requireBeside('pino', import.meta.url) as Pino;
  } catch (cause) {
    const message = `Cannot load pino: ${messageOf(cause)}. Install it beside this program; it cannot be bundled.`;
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_PINO' });
  }
}

function messageOf(error: unknown): string | undefined {
  return error instanceof Error ? error.message.split('\n')[0] : String(error);
}
