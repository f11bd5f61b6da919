import { call } from './call.ts';
import { linuxCall } from './system-call.ts';

/** clock_gettime(2): also counts while the machine is suspended, and cannot be set. */
export const CLOCK_BOOTTIME = 7;

const cClockGettime = linuxCall<[clock: number, time: BigInt64Array]>('clock_gettime');

/**
 * `clock_gettime(CLOCK_BOOTTIME)`: milliseconds since boot, with nanoseconds behind the point, suspended time included.
 * @throws {Error} `ERR_PLATFORM` where there is no such clock, or its call's number is not known
 * @see https://man7.org/linux/man-pages/man2/clock_gettime.2.html
 */
export function bootClock(): number {
  const time = new BigInt64Array(2);
  call('clock_gettime', () => cClockGettime(CLOCK_BOOTTIME, time));
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
}
