import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { hasProc, tryLockShared } from '@daemonium/core/registry';
import { isInNpmCache, isOfVersionManager } from '../boot/program-paths.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

/** Findings about the machine: the needs of daemons, and settings that surprise. */
export function hostFindings(env: NodeJS.ProcessEnv = process.env): Finding[] {
  return [node(process.execPath), proc(), shell(), tail(env), systemCalls()];
}

function node(execPath: string): Finding {
  const path = realpathSync(execPath);
  const text = `${process.version}, ${path}`;
  if (isInNpmCache(path)) return warning('node', `${text}: in npm's cache, which may be cleaned while daemons need it`);
  if (isOfVersionManager(path) || isOfVersionManager(execPath)) {
    return warning('node', `${text}: of a version manager; a unit installed for the boot keeps this path when the version is removed`);
  }
  return fine('node', text);
}

function proc(): Finding {
  if (hasProc()) return fine('/proc', 'shows processes, so that the holder of a lock can be proved');
  return fault('/proc', 'is not there: no process can be proved to hold a lock, so stop, restart and reload refuse');
}

function shell(): Finding {
  try {
    accessSync('/bin/sh', constants.X_OK);
    return fine('/bin/sh', 'can be executed');
  } catch {
    return warning('/bin/sh', 'cannot be executed: daemons are started without it, as leaders of their sessions');
  }
}

function tail({ PATH = '' }: NodeJS.ProcessEnv): Finding {
  const found = PATH.split(delimiter)
    .map((directory) => join(directory, 'tail'))
    .find(existsSync);
  return found === undefined ? fault('tail', 'is not in PATH: logs cannot be shown') : fine('tail', found);
}

/** The calls that Node has not: by core's addon, or by koffi. */
function systemCalls(): Finding {
  try {
    tryLockShared(-1);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EBADF') return fault('system calls', `cannot be made: ${message}`);
  }
  return fine('system calls', 'can be made');
}
