import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadFailure, resolveBeside } from '@daemonium/core/start';
import { DaemonError } from '../errors.ts';

const PACKAGE = '@daemonium/daemon';

/**
 * A program of this package, beside this file; in an application bundled into one file it is another copy's, installed beside the bundle, the
 * main script or the executable.
 * @throws {DaemonError} `ERR_BUNDLED`
 */
export function bootstrapPath(program: string): string {
  // Bundlers would take it for a file of the application's if the two stood in one expression.
  const here: string | undefined = import.meta.url;
  const own = here?.startsWith('file:') === true ? fileURLToPath(new URL(program, here)) : null;
  if (own !== null && existsSync(own)) return own;
  try {
    return join(dirname(resolveBeside(`${PACKAGE}/package.json`, here)), 'dist', program);
  } catch (cause) {
    throw new DaemonError(`Cannot find ${program} beside a bundle, and not in ${PACKAGE} either: ${loadFailure(PACKAGE, cause)}`, {
      code: 'ERR_BUNDLED',
      cause,
    });
  }
}
