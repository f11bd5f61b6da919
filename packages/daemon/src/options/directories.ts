import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { errnoError, OptionError } from '@daemonium/core/start';
import { refuseUnusable, resolvePath } from './paths.ts';

/** `rootDirectory`, which only root can enter. */
export function resolveRoot(value: unknown): string | null {
  if (value === undefined) return null;
  const path = absolute('rootDirectory', value);
  if (process.geteuid?.() !== 0) {
    throw new OptionError('rootDirectory', 'none: chroot(2) needs root (EPERM)', value, 'ERR_OPTION_VALUE');
  }
  checkDirectory('rootDirectory', path, path);
  return path;
}

/** `workingDirectory`, as it will be inside of the root directory. */
export function resolveDirectory(value: unknown, root: string | null): string {
  if (value === undefined) return '/';
  const path = absolute('workingDirectory', value);
  if (root === null) checkDirectory('workingDirectory', path, path);
  else if (!leadsOut(root, path)) checkDirectory('workingDirectory', join(root, path), path);
  return path;
}

/** A symlink inside of the root means something else from here than from inside, so it is the daemon that tells. */
export function leadsOut(root: string, path: string): boolean {
  const steps = path.split('/').filter(Boolean);
  return steps.some(
    (_, index) => lstatSync(join(root, ...steps.slice(0, index + 1)), { throwIfNoEntry: false })?.isSymbolicLink() === true,
  );
}

function absolute(option: string, value: unknown): string {
  if (typeof value !== 'string' && !(value instanceof URL)) throw new OptionError(option, 'an absolute path', value, 'ERR_OPTION_TYPE');
  const path = resolvePath(option, value);
  if (typeof value === 'string' && !isAbsolute(value)) throw new OptionError(option, 'an absolute path', value, 'ERR_OPTION_VALUE');
  return path;
}

function checkDirectory(option: string, seen: string, path: string): void {
  refuseUnusable(option, path, () => {
    if (!statSync(seen).isDirectory()) throw errnoError('ENOTDIR', 'not a directory', { path: seen });
    accessSync(seen, constants.X_OK);
  });
}
