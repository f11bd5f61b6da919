import { call } from './call.ts';
import { constants } from './constants.ts';
import { declare } from './libc.ts';

/** In the resource's own unit (bytes, descriptors, seconds, ...); `Infinity`: no limit. */
export interface Limit {
  readonly soft: number;
  readonly hard: number;
}

// rlim_t has 64 bits on every supported system but 32-bit glibc; the buffer is in host order.
const cGetrlimit = declare<(resource: number, limit: BigUint64Array) => number>('int getrlimit(int resource, void *limit)');
const cSetrlimit = declare<(resource: number, limit: BigUint64Array) => number>('int setrlimit(int resource, void *limit)');

/**
 * `getrlimit(resource)`
 * @throws {NodeJS.ErrnoException} `EINVAL`
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export function getrlimit(resource: number): Limit {
  const limit = new BigUint64Array(2);
  call('getrlimit', () => cGetrlimit(resource, limit));
  return { soft: toNumber(limit[0]!), hard: toNumber(limit[1]!) };
}

/**
 * `setrlimit(resource, { soft, hard })`: for the whole process, and inherited by what it starts.
 * @throws {NodeJS.ErrnoException} `EINVAL` (soft above hard), `EPERM` (raising the hard limit without privilege)
 * @throws {RangeError} a limit that is not an integer from 0 or `Infinity`
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export function setrlimit(resource: number, { soft, hard }: Limit): void {
  const limit = BigUint64Array.of(toKernel(soft), toKernel(hard));
  call('setrlimit', () => cSetrlimit(resource, limit));
}

function toNumber(value: bigint): number {
  return value === constants().RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(value);
}

function toKernel(value: number): bigint {
  if (value === Number.POSITIVE_INFINITY) return constants().RLIM_INFINITY;
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new RangeError(`A limit is an integer from 0, or Infinity; got ${value}`);
}
