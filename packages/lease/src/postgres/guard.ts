import { OptionError } from '@daemonium/core';
import { LeaseLostError, NotMyLeaseError } from '../errors.ts';
import type { Lease } from '../lease.ts';

/** A client on which a transaction has begun: a `pg.Client` or one of a `pg.Pool`. */
export interface GuardedClient {
  /** Runs one statement. */
  query(text: string): Promise<{ readonly rowCount: number | null; readonly rows?: readonly unknown[] }>;
}

/**
 * Not FOR SHARE, which would let this very lease's renewals wait for the end of the transaction. A statement of its own has the time of its
 * transaction; with parameters it would come in several messages, each with a time of its own, so the key is in its text.
 */
function statement(key: string, token: bigint): string {
  const name = `convert_from(decode('${Buffer.from(key).toString('hex')}', 'hex'), 'UTF8')`;
  return `select transaction_timestamp() = statement_timestamp() as alone from daemonium_lease
    where key = ${name} and epoch = ${token} and until > clock_timestamp() for key share`;
}

export async function guard(client: GuardedClient, lease: Pick<Lease, 'key' | 'token' | 'isLocked'>): Promise<void> {
  const { key, token } = lease;
  if (token === null) throw new NotMyLeaseError(key, 'not held; acquire it first');
  const { rowCount, rows: [row] = [] } = await client.query(statement(key, token));
  if (rowCount !== 1) throw new LeaseLostError(key, lease.isLocked() ? 'taken' : 'late');
  if ((row as { readonly alone?: unknown } | undefined)?.alone !== true) return;
  throw new OptionError(
    'client',
    "one on which a transaction has begun, and not a pool: await client.query('begin')",
    client,
    'ERR_OPTION_VALUE',
  );
}
