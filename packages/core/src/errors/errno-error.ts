/** What a system error carries besides its code. */
export interface ErrnoDetails {
  readonly syscall?: string;
  readonly path?: string;
  /** Negative, as in Node's own errors. */
  readonly errno?: number;
}

/**
 * An error in the shape of Node's system errors: `EACCES: permission denied, open '/x'`. Also for calls that are not even tried, because what
 * they would give is known.
 */
export function errnoError(code: string, text: string, details: ErrnoDetails = {}): NodeJS.ErrnoException {
  const { syscall, path } = details;
  const place = [syscall, path === undefined ? undefined : `'${path}'`].filter((word) => word !== undefined).join(' ');
  return Object.assign(new Error(`${code}: ${text}${place === '' ? '' : `, ${place}`}`), { code, ...details });
}
