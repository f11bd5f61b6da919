import { call } from './call.ts';
import { systemCall } from './system-call.ts';

/** In the resource's own unit (bytes, descriptors, seconds, ...). */
export interface Limit {
  /** The limit in force, in the resource's unit. The process can raise it itself, up to `hard`. */
  readonly soft: number;
  /** The most that `soft` can be raised to, in the resource's unit. Raising it needs privilege. */
  readonly hard: number;
}

// rlim_t has 64 bits on every supported system but 32-bit glibc; the buffer is in host order.
const cSetrlimit = systemCall<[resource: number, limit: BigUint64Array]>('int setrlimit(int resource, void *limit)');

/**
 * `setrlimit(resource, { soft, hard })`: for the whole process, and inherited by its children.
 * @throws {NodeJS.ErrnoException} `EINVAL` (soft above hard), `EPERM` (raising the hard limit without privilege)
 * @throws {RangeError} a limit that is not an integer from 0
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export function setrlimit(resource: number, { soft, hard }: Limit): void {
  const limit = BigUint64Array.of(toKernel(soft), toKernel(hard));
  call('setrlimit', () => cSetrlimit(resource, limit));
}

function toKernel(value: number): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw Object.assign(new RangeError(`A limit is an integer from 0; got ${value}`), { code: 'ERR_OUT_OF_RANGE' });
}
