import { LeaseLostError, NotMyLeaseError } from '../errors.ts';
import type { Lease } from '../lease.ts';

/** A client on which a transaction has begun: a `pg.Client` or one of a `pg.Pool`. */
export interface GuardedClient {
  /** Runs one statement with its parameters. */
  query(text: string, values: string[]): Promise<{ readonly rowCount: number | null }>;
}

/** Not FOR SHARE, which would let this very lease's renewals wait for the end of the transaction. */
const GUARD = 'select 1 from daemonium_lease where key = $1 and epoch = $2 and until > clock_timestamp() for key share';

export async function guard(client: GuardedClient, lease: Pick<Lease, 'key' | 'token' | 'isLocked'>): Promise<void> {
  const { key, token } = lease;
  if (token === null) throw new NotMyLeaseError(key, 'not held; acquire it first');
  const { rowCount } = await client.query(GUARD, [key, String(token)]);
  if (rowCount !== 1) throw new LeaseLostError(key, lease.isLocked() ? 'taken' : 'late');
}
