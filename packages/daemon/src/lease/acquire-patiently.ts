import { setTimeout as elapse } from 'node:timers/promises';
import type { DaemonLease } from '../options/lease-option.ts';

type Asked = Parameters<DaemonLease['acquire']>[0];

/** Between two tries, in ms. */
const AGAIN_MS = 1_000;

/**
 * Takes the lease, and waits for an engine that fails at the first try as well.
 * @param onFailure told of the first failure
 */
export async function acquirePatiently(
  lease: DaemonLease,
  asked: Asked & { readonly signal: AbortSignal },
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      await lease.acquire(asked);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_LEASE_FAILED') throw error;
      if (isFirst) onFailure(error);
      await elapse(AGAIN_MS, undefined, { signal: asked.signal });
    }
  }
}
