import { constants } from 'node:os';
import { OptionError } from '@daemonium/core';
import { defined, resolvePath, type ServableSignal, servability } from '@daemonium/core/start';
import type { LoggerOptions } from 'pino';

/** Each part may be `undefined`, which means its default, under `exactOptionalPropertyTypes`, too. */
export type OrUndefined<T> = { [Name in keyof T]: T[Name] | undefined };

/** Options of `fileLogger`: its own, and those of pino that do not choose a destination. */
export interface FileLoggerOptions<CustomLevels extends string = never, UseOnlyCustomLevels extends boolean = boolean>
  extends OrUndefined<Omit<LoggerOptions<CustomLevels, UseOnlyCustomLevels>, 'transport' | 'browser'>> {
  /**
   * The file to append to; a relative path is taken from the working directory at the call. It is opened at the first line, or by the start of a
   * daemon that gets the logger. A symbolic link is refused.
   * @throws {LogFileError} there, `ELOOP`, `EACCES`, `ENOENT`, ... when it cannot be opened
   */
  readonly path: string | URL;
  /**
   * Octal mode of the file when it is created, at a rotation too, whatever the umask. A file that is there keeps its own.
   * @default 0o640
   * @throws {OptionError} `ERR_OPTION_RANGE` unless an integer from 0 to 0o777
   */
  readonly mode?: number | undefined;
  /**
   * Create missing directories, with mode 0o750 less the umask.
   * @default false
   */
  readonly mkdir?: boolean | undefined;
  /**
   * `true`: each line is written as it is logged. `false`: lines are collected and written when the turn of the event loop ends, and before an
   * orderly exit, SIGTERM or SIGINT; a SIGKILL loses those of the turn.
   * @default true
   */
  readonly sync?: boolean | undefined;
  /**
   * The signal after which the file at `path` is opened anew, as log rotation wants it; `null` for none.
   * SIGHUP keeps its own meaning in a program that starts daemons, until it is the daemon.
   * @default 'SIGHUP'
   * @throws {OptionError} `ERR_OPTION_VALUE` unless a signal that a JavaScript handler can serve
   */
  readonly reopenOn?: ServableSignal | null | undefined;
}

/** {@link FileLoggerOptions}, checked and complete, and the remaining options for pino. */
export interface ResolvedOptions {
  readonly path: string;
  readonly mode: number;
  readonly mkdir: boolean;
  readonly sync: boolean;
  readonly reopenOn: NodeJS.Signals | null;
  readonly pino: LoggerOptions;
}

const PINO_OPTIONS = new Set(
  (
    'name level levelComparison customLevels useOnlyCustomLevels mixin mixinMergeStrategy redact serializers timestamp messageKey errorKey ' +
    'nestedKey base enabled crlf formatters hooks msgPrefix onChild depthLimit edgeLimit safe'
  ).split(' '),
);

const STANDARD_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/**
 * Checks all options before anything is opened.
 * @throws {OptionError} naming the option
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new OptionError('options', 'an object', options);
  const { path, mode = 0o640, mkdir = false, sync = true, reopenOn = 'SIGHUP', ...rest } = options as Record<string, unknown>;
  const pino: Record<string, unknown> = defined(rest);
  for (const name of Object.keys(pino)) if (!PINO_OPTIONS.has(name)) throw unknown(name, pino[name]);
  if (typeof pino['name'] !== 'string' && pino['name'] !== undefined) throw new OptionError('name', 'a string', pino['name']);
  checkLevel(pino);
  return {
    path: filePath(path),
    mode: checkMode(mode),
    mkdir: checkBoolean('mkdir', mkdir),
    sync: checkBoolean('sync', sync),
    reopenOn: reopenOn === null ? null : checkReopenSignal(reopenOn),
    pino,
  };
}

function unknown(name: string, value: unknown): OptionError {
  const expected =
    name === 'transport' ? 'no transport (it would write in another thread, to a file of its own)' : 'an option of fileLogger or pino';
  return new OptionError(name, expected, value, 'ERR_OPTION_UNKNOWN');
}

function filePath(path: unknown): string {
  if (typeof path === 'string' && path.endsWith('/')) throw new OptionError('path', 'the path of a file', path, 'ERR_OPTION_VALUE');
  return resolvePath('path', path);
}

function checkMode(mode: unknown): number {
  if (typeof mode !== 'number') throw new OptionError('mode', 'an octal mode from 0 to 0o777', mode);
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new OptionError('mode', 'an octal mode from 0 to 0o777', mode, 'ERR_OPTION_RANGE');
  }
  return mode;
}

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new OptionError(name, 'true or false', value);
  return value;
}

function checkReopenSignal(signal: unknown): NodeJS.Signals {
  if (typeof signal !== 'string') throw new OptionError('reopenOn', 'the name of a signal, or null', signal);
  // Node takes a name it does not know for an event that never comes.
  if (!Object.hasOwn(constants.signals, signal) || servability(signal) !== 'servable') {
    const expected = "the name of a signal that a JavaScript handler can serve, such as 'SIGHUP' or 'SIGUSR2'";
    throw new OptionError('reopenOn', expected, signal, 'ERR_OPTION_VALUE');
  }
  return signal as NodeJS.Signals;
}

function checkLevel({ level, customLevels, useOnlyCustomLevels }: Record<string, unknown>): void {
  if (level === undefined) return;
  if (typeof level !== 'string') throw new OptionError('level', 'the name of a level', level);
  const custom = typeof customLevels === 'object' && customLevels !== null ? Object.keys(customLevels) : [];
  const names = [...(useOnlyCustomLevels === true ? [] : STANDARD_LEVELS), ...custom, 'silent'];
  // pino takes its own names in capitals, too.
  if (names.includes(level) || names.includes(level.toLowerCase())) return;
  throw new OptionError('level', `one of ${names.join(', ')}`, level, 'ERR_OPTION_VALUE');
}
