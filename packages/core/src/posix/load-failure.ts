/**
 * Why a package could not be loaded, and what to do about it, as the end of a message.
 * @param name of the package
 */
export function loadFailure(name: string, cause: unknown): string {
  const { message = String(cause), code } = (cause ?? {}) as NodeJS.ErrnoException;
  const [reason = ''] = message.split('\n');
  const cure = CURES[code ?? ''] ?? '';
  return `${reason.replace(/\.$/, '')}${cure === '' ? '' : `; ${cure.replace('%', name)}`}`;
}

const MISSING =
  'install it beside this program (npm install %): in the folder of the bundle, of the main script, or of the executable, or in one above';

const CURES: Readonly<Record<string, string>> = {
  MODULE_NOT_FOUND: MISSING,
  ERR_DLOPEN_DISABLED: 'start Node.js without --no-addons, and under the permission model with --allow-addons',
  ERR_DLOPEN_FAILED: 'its file system may be mounted with noexec, or it is of another system or architecture',
};
