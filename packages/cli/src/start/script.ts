import { statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { CommandError } from '../errors/command-error.ts';

const ENDINGS = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts', '.jsx', '.tsx'];

/** A path has a slash, or is an existing file. A word with the ending of a script counts as a path, too. */
export function isPath(word: string, directory: string): boolean {
  return (
    word.includes('/') ||
    ENDINGS.includes(extname(word)) ||
    statSync(resolve(directory, word), { throwIfNoEntry: false })?.isFile() === true
  );
}

/**
 * The script's absolute path, as `node WORD` would find it: with its ending, or as a directory with a main file.
 * @throws {CommandError} there is none
 */
export function findScript(word: string, directory: string): string {
  const path = resolve(directory, word);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  try {
    return process.getBuiltinModule('node:module').createRequire(join(directory, 'x.js')).resolve(path);
  } catch (cause) {
    throw new CommandError(`there is no script '${path}'`, undefined, { cause });
  }
}
