import type { Claim, Seal } from '../engine.ts';

/** Identity of a reign. The epoch is the token. The claim tells two reigns with the same epoch apart, after a fail-over that forgot a row. */
export interface RowReign {
  readonly token: bigint;
  readonly claim: string;
}

type Literal = (text: string) => string;

/** The table, for a role that may make it. Its rows stay, as the epoch must not begin again. */
export const TABLE = `create table if not exists daemonium_lease (
  key text primary key,
  epoch bigint not null default 0,
  claim text,
  holder text,
  until timestamptz,
  host text,
  pid integer,
  since timestamptz,
  info jsonb
)`;

/**
 * All that can wait in a statement of ours waits for a lock. Set in the transaction: poolers refuse most start-up options. Shorter than the time that
 * the answer has, so that it is the server that gives up.
 */
function limits(timeout: number): string[] {
  const ms = Math.max(1, Math.floor(timeout * 0.75));
  return [
    // A default of repeatable read would let a take-over fail after each wait; a server that only reads says so here.
    'set transaction isolation level read committed, read write',
    `set local lock_timeout = ${ms}`,
    `set local statement_timeout = ${ms}`,
    // A crash of the server must not forget a reign: another process would take the lease, too.
    `select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') in ('off', 'local')`,
  ];
}

const STATE = `epoch, claim, holder, host, pid, since, info, extract(epoch from until - clock_timestamp())::float8 * 1000 as expires_in`;

/** The row if a reign stands. */
export function look(literal: Literal, key: string): string {
  return `select ${STATE} from daemonium_lease where key = ${literal(key)} and until > clock_timestamp()`;
}

/** The same from a server that can write. Always one row, with the server's time in `timeout` ms as `not_after`. */
export function lookAhead(literal: Literal, key: string, timeout: number): string[] {
  return [
    ...limits(timeout),
    `select seen.*, (clock_timestamp() + ${interval(timeout)})::text as not_after from (select 1) as one left join (${look(literal, key)}) as seen on true`,
  ];
}

/**
 * Takes over if no reign stands, or if the one that stands is this very claim's. FOR UPDATE waits for transactions that are guarded by the
 * old reign, which lock the row FOR KEY SHARE. A renewal changes no key, so it does not wait. Does nothing after a time of the server's own
 * clock: a frozen server may carry a claim out when its process has given up.
 */
export function take(literal: Literal, { key, holder, duration, id }: Claim, notAfter: string, timeout: number): string[] {
  const free = `key = ${literal(key)} and (until is null or until <= clock_timestamp() or claim = ${literal(id)})`;
  return [
    ...limits(timeout),
    `insert into daemonium_lease (key) values (${literal(key)}) on conflict (key) do nothing`,
    `select 1 from daemonium_lease where ${free} for update`,
    `update daemonium_lease set epoch = epoch + 1, claim = ${literal(id)}, holder = ${literal(holder)}, until = clock_timestamp() + ${interval(duration)},
      host = null, pid = null, since = null, info = null
      where ${free} and clock_timestamp() < ${literal(notAfter)}::timestamptz returning epoch`,
  ];
}

export function renew(literal: Literal, key: string, reign: RowReign, duration: number, timeout: number): string[] {
  return [
    ...limits(timeout),
    `update daemonium_lease set until = clock_timestamp() + ${interval(duration)} where ${standing(literal, key, reign)}`,
  ];
}

export function seal(literal: Literal, key: string, reign: RowReign, { host, pid, since, info }: Seal, timeout: number): string[] {
  return [
    ...limits(timeout),
    `update daemonium_lease set host = ${literal(host)}, pid = ${pid}, since = ${literal(since.toISOString())}, info = ${literal(JSON.stringify(info))}
      where ${standing(literal, key, reign)}`,
  ];
}

/** Without a claim: a predecessor's, of which only the token is known. */
export function drop(literal: Literal, key: string, reign: { readonly token: bigint; readonly claim?: string }, timeout: number): string[] {
  return [
    ...limits(timeout),
    `with ended as (
      update daemonium_lease set until = null, claim = null, holder = null, host = null, pid = null, since = null, info = null
      where ${standing(literal, key, reign)} returning key
    ) select pg_notify('daemonium_lease', key) from ended`,
  ];
}

function standing(literal: Literal, key: string, { token, claim }: { readonly token: bigint; readonly claim?: string }): string {
  return `key = ${literal(key)} and epoch = ${token} and until is not null${claim === undefined ? '' : ` and claim = ${literal(claim)}`}`;
}

function interval(ms: number): string {
  return `interval '${Math.ceil(ms)} milliseconds'`;
}
