export type { GuardedClient } from './guard.ts';
export { type Postgres, postgres } from './postgres.ts';
export type { PostgresConfig, PostgresPool } from './types.ts';
