import type { Lease } from '@daemonium/lease';
import { until } from '../helpers/wait.ts';

/** The end of the reign by what remains of it. A renewal moves it; what remains right after one may be less than after another. */
export function endOf(lease: Lease): number {
  const { remaining } = lease;
  return performance.now() + remaining;
}

/** The reign ends later than at `end`, however long this process was kept from running between its two looks. */
export function isRenewed(lease: Lease, end: number): boolean {
  const now = performance.now();
  return now + lease.remaining > end + 1;
}

export async function renewed(lease: Lease): Promise<void> {
  const end = endOf(lease);
  await until(() => isRenewed(lease, end), { what: 'a renewal' });
}
