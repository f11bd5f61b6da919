import { realpathSync } from 'node:fs';
import { CommandError } from '../errors/command-error.ts';

/** Files that a system will run at boot, for as long as it is installed. */
export interface ProgramPaths {
  readonly node: string;
  readonly command: string;
  /** Warnings about paths that work today, and may not after an upgrade. */
  readonly warnings: readonly string[];
}

const NPX_CACHE = /\/_npx\//;
const VERSION_MANAGER = /\/\.?(nvm|fnm|volta|asdf|nodenv|n|fnm_multishells|mise)\//;

/**
 * The real paths of Node and of this command.
 * @throws {CommandError} one of them is in a cache that is cleaned now and then
 */
export function programPaths(node: string = process.execPath, command: string = process.argv[1] ?? ''): ProgramPaths {
  const paths = { node: realpathSync(node), command: realpathSync(command) };
  for (const path of Object.values(paths)) {
    if (!NPX_CACHE.test(path)) continue;
    throw new CommandError(
      `'${path}' is in npm's cache, which may be cleaned, and then nothing starts at boot. Install it, and run this again: npm install --global daemonium`,
    );
  }
  const isManaged = isOfVersionManager(paths.node);
  const warning = `'${paths.node}' is of a version manager: when that version is removed, nothing starts at boot. Run this again after each change of Node`;
  return { ...paths, warnings: isManaged ? [warning] : [] };
}

export function isInNpmCache(path: string): boolean {
  return NPX_CACHE.test(path);
}

export function isOfVersionManager(path: string): boolean {
  return VERSION_MANAGER.test(path);
}
