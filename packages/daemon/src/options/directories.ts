import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { OptionError } from '@daemonium/core/handover';
import { probe, resolvePath, systemError } from './streams.ts';

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
  checkDirectory('workingDirectory', root === null ? path : join(root, path), path);
  return path;
}

function absolute(option: string, value: unknown): string {
  if (typeof value !== 'string' && !(value instanceof URL)) throw new OptionError(option, 'an absolute path', value, 'ERR_OPTION_TYPE');
  const path = resolvePath(option, value);
  if (typeof value === 'string' && !isAbsolute(value)) throw new OptionError(option, 'an absolute path', value, 'ERR_OPTION_VALUE');
  return path;
}

function checkDirectory(option: string, seen: string, path: string): void {
  probe(option, path, () => {
    if (!statSync(seen).isDirectory()) throw systemError('ENOTDIR', 'not a directory', seen);
    accessSync(seen, constants.X_OK);
  });
}
