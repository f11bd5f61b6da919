import { errnoError } from '../errors/errno-error.ts';

/**
 * Makes a system call and turns a negative errno into the Error that Node itself would have thrown:
 * `code` the errno's name, `errno` negative, `syscall`, and `path` where there is one.
 */
export function call(syscall: string, make: () => number, path?: string): number {
  const result = make();
  if (result >= 0) return result;
  throw systemError(syscall, -result, path);
}

/** `EACCES: permission denied, open '/x'` */
export function systemError(syscall: string, number: number, path?: string): NodeJS.ErrnoException {
  // An import would cost more than 2 ms on Node 22 and later, and open process.stderr, whose pipe then does not block: its facade reads every lazy export.
  const { getSystemErrorMap } = process.getBuiltinModule('node:util');
  const [code, text] = getSystemErrorMap().get(-number) ?? [`E${number}`, 'unknown error'];
  return errnoError(code, text, { syscall, errno: -number, ...(path === undefined ? {} : { path }) });
}

/** Whether an error carries one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
