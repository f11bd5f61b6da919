import { accessSync, constants } from 'node:fs';
import { basename, extname, isAbsolute, join, resolve } from 'node:path';
import { OptionError } from '../errors/option-error.ts';
import { checkNames } from '../options/known-names.ts';

/** The parts of a pid file's path, without its name. */
export interface PidFilePathOptions {
  /**
   * Directory of the file.
   * @default the first that exists and may be written of `/run/user/UID` (not for root: it goes at the last logout), `/run`, the temporary directory
   */
  readonly directory?: string | undefined;
  /**
   * A word or number before the name, for several of one program: `<instance>-<name>.pid`.
   * @default none: `<name>.pid`
   */
  readonly instance?: string | number | undefined;
  /**
   * End of the file name, unless the name has it already.
   * @default '.pid'
   */
  readonly suffix?: string | undefined;
}

/**
 * Conventional path of a program's pid file. Makes nothing.
 * @param name default: the main script's, without its ending. An absolute path is taken as it is.
 * @throws {OptionError} `ERR_OPTION_VALUE`: a name, instance or suffix that is no part of a file name; `ERR_OPTION_TYPE`, `ERR_OPTION_UNKNOWN`
 */
export function pidFilePath(name: string = programName(), options: PidFilePathOptions = {}): string {
  if (typeof name !== 'string') throw new OptionError('name', 'a string', name);
  checkNames(options, ['directory', 'instance', 'suffix']);
  const { directory, instance, suffix = '.pid' } = options;
  if (directory !== undefined && (typeof directory !== 'string' || directory === '')) {
    throw new OptionError('directory', 'the path of a directory', directory);
  }
  if (isAbsolute(name)) return resolve(name);
  checkPart('name', name, 1);
  checkPart('suffix', suffix, 0);
  if (instance !== undefined) checkPart('instance', typeof instance === 'number' ? String(instance) : instance, 1);
  const ending = suffix !== '' && name.endsWith(suffix) ? '' : suffix;
  return join(resolve(directory ?? defaultDirectory()), `${instance === undefined ? '' : `${instance}-`}${name}${ending}`);
}

function programName(): string {
  const program = process.argv[1] ?? process.execPath;
  return basename(program, extname(program));
}

/** A part of a file name: with a slash in it the file would land in another directory. */
function checkPart(option: string, part: unknown, shortest: number): void {
  const expected = 'a part of a file name, without / and NUL';
  if (typeof part !== 'string') throw new OptionError(option, expected, part);
  if (part.length < shortest || /[/\0]/.test(part) || part === '.' || part === '..') {
    throw new OptionError(option, expected, part, 'ERR_OPTION_VALUE');
  }
}

function defaultDirectory(): string {
  const uid = process.getuid?.() ?? 0;
  return [...(uid === 0 ? [] : [`/run/user/${uid}`]), '/run'].find(isWritable) ?? process.getBuiltinModule('node:os').tmpdir();
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
