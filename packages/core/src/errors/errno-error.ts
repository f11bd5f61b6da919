/**
 * An error in the shape of Node's system errors: `EACCES: permission denied, open '/x'`. Also for a call that is not
 * tried, because its error is known before.
 * @param details `errno` is negative, as in Node's own errors
 */
export function errnoError(
  code: string,
  text: string,
  details: { readonly syscall?: string; readonly path?: string; readonly errno?: number } = {},
): NodeJS.ErrnoException {
  const { syscall, path } = details;
  const place = [syscall, path === undefined ? undefined : `'${path}'`].filter((word) => word !== undefined).join(' ');
  return Object.assign(new Error(`${code}: ${text}${place === '' ? '' : `, ${place}`}`), { code, ...details });
}
