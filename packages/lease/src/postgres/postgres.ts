import type { LeaseEngine } from '../engine.ts';
import type { Lease } from '../lease.ts';
import { PostgresEngine } from './engine.ts';
import { type GuardedClient, guard } from './guard.ts';
import { TABLE } from './statements.ts';
import { resolveTarget } from './target.ts';
import type { PostgresConfig, PostgresPool } from './types.ts';

/** Type of {@link postgres}: a function with two methods. */
export interface Postgres {
  /**
   * Leases in a table of PostgreSQL, 12 and later. Needs the package `pg`, loaded when the server is first asked.
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_VALUE`: no URL of PostgreSQL, no configuration, no `pg.Pool`
   */
  (target: string | URL | PostgresConfig | PostgresPool): LeaseEngine;
  /**
   * Call it first in a transaction: the transaction goes on only if this reign stands, and no other reign begins before it has ended. Locks
   * the row FOR KEY SHARE, which needs SELECT and UPDATE on the table.
   * @throws {LeaseLostError} the reign is over: roll back
   * @throws {NotMyLeaseError} the lease is not held
   * @throws {OptionError} `ERR_OPTION_VALUE`: no transaction has begun on the client, or it is a pool
   */
  guard(client: GuardedClient, lease: Pick<Lease, 'key' | 'token' | 'isLocked'>): Promise<void>;
  /** The statement that makes the table, for those that let no program make one. The program's user needs SELECT, INSERT and UPDATE on it. */
  leaseTable(): string;
}

/**
 * Leases in PostgreSQL: a row with an epoch, on the server's clock. It works through a pooler in transaction mode.
 *
 * `postgres(url)`, `postgres({ host, user, ... })`, or `postgres(pool)`: of a pool the configuration is used, not its clients.
 */
export const postgres: Postgres = Object.assign(
  (target: string | URL | PostgresConfig | PostgresPool): LeaseEngine => new PostgresEngine(resolveTarget(target)),
  { guard, leaseTable: (): string => `${TABLE};` },
);
