import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { closest } from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';
import { insteadOfCommand } from './typed-command.ts';

const ENDINGS = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts', '.jsx', '.tsx'];

/** A path has a slash, or is an existing file, or `.`. A word with the ending of a script counts as a path, too. */
export function isPath(word: string, directory: string): boolean {
  return word.includes('/') || /^\.\.?$/.test(word) || ENDINGS.includes(extname(word)) || isFile(resolve(directory, word));
}

/** The scripts that a word without their ending may mean. */
export function scriptsOf(word: string, directory: string): string[] {
  return ENDINGS.map((ending) => `${word}${ending}`).filter((file) => isFile(resolve(directory, file)));
}

/**
 * The script's absolute path, as `node WORD` would find it: with its ending, or as a directory with a main file.
 * @throws {CommandError} there is none
 */
export function findScript(word: string, directory: string): string {
  const path = resolve(directory, word);
  if (isFile(path)) return path;
  try {
    return process.getBuiltinModule('node:module').createRequire(join(directory, 'x.js')).resolve(path);
  } catch (cause) {
    const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    const fault = isDirectory
      ? `'${path}' is a directory without a main file: give the script`
      : `there is no script '${path}'${meant(word, path)}`;
    throw new CommandError(fault, undefined, { cause });
  }
}

function meant(word: string, path: string): string {
  const instead = insteadOfCommand(word);
  if (instead !== null) return `; ${instead}`;
  try {
    const scripts = readdirSync(dirname(path)).filter((file) => ENDINGS.includes(extname(file)));
    const found = closest(basename(path), scripts);
    return found === null ? '' : `; did you mean '${found}'?`;
  } catch {
    return '';
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
