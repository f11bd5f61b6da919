const SUPPORTED = ['linux', 'darwin', 'freebsd', 'openbsd', 'netbsd'] as const;

/** A system whose constants and structures are known here. Android is Linux to the C library and the kernel. */
export type Platform = (typeof SUPPORTED)[number];

/**
 * The running system. Asked at the first use, so that importing the package works everywhere.
 * @throws {Error} `ERR_PLATFORM` on a system without these calls, or with unknown constants
 */
export function platform(): Platform {
  const name: string = process.platform;
  const found = name === 'android' ? 'linux' : SUPPORTED.find((known) => known === name);
  if (found !== undefined) return found;
  throw notSupported(`this needs POSIX calls whose constants are known for ${SUPPORTED.join(', ')}`);
}

/** The error of a call that this system does not have, or for which it is not known here. Ends with the reason. */
export function notSupported(why: string): Error {
  return Object.assign(new Error(`Not supported on ${process.platform}: ${why}`), { code: 'ERR_PLATFORM' });
}
