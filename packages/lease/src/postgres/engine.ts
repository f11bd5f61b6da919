import type { Claim, LeaseEngine, LeaseState, Reign, Seal, Taking } from '../engine.ts';
import { Listener } from './listener.ts';
import { codeOf, Session, type Statements } from './session.ts';
import { drop, look, lookAhead, type RowReign, renew, seal, TABLE, take } from './statements.ts';
import type { Clients } from './target.ts';
import type { Result } from './types.ts';

/** SQLSTATE: no such table. */
const UNDEFINED_TABLE = '42P01';
/** Another process used the row: lock_not_available, query_canceled, serialization_failure, deadlock_detected. */
const CONTENDED = ['55P03', '57014', '40001', '40P01'];
/** Another process made the table at the same time: unique_violation, duplicate_table, and duplicate_object for the type of its rows. */
const MADE_MEANWHILE = ['23505', '42P07', '42710'];

/** A row with an epoch, on the server's clock. */
export class PostgresEngine implements LeaseEngine {
  readonly #clients: Clients;
  readonly #session: Session;
  readonly #listener: Listener;

  constructor(clients: Clients) {
    this.#clients = clients;
    this.#session = new Session(clients.make);
    this.#listener = new Listener(clients.make);
  }

  async load(): Promise<void> {
    await this.#clients.load();
  }

  async take(claim: Claim, timeout: number): Promise<Taking> {
    const end = performance.now() + timeout;
    const left = () => Math.max(1, end - performance.now());
    const seen = await this.#withTable(left, (literal) => lookAhead(literal, claim.key, left()));
    const row = seen.rows[0] ?? {};
    const standing = toState(row);
    if (standing !== null && row['claim'] !== claim.id) return { standing };
    try {
      const taken = await this.#session.run(left(), (literal) => take(literal, claim, String(row['not_after']), left()));
      const epoch = taken.rows[0]?.['epoch'];
      if (epoch === undefined) return { standing: null };
      this.#listener.close().catch(() => {});
      const reign: RowReign = { token: BigInt(String(epoch)), claim: claim.id };
      return { reign };
    } catch (error) {
      if (CONTENDED.includes(codeOf(error))) return { standing: null };
      throw error;
    }
  }

  async renew(key: string, reign: Reign, duration: number, timeout: number): Promise<boolean> {
    const { rowCount } = await this.#session.run(timeout, (literal) => renew(literal, key, reign as RowReign, duration, timeout));
    return rowCount === 1;
  }

  async seal(key: string, reign: Reign, sealed: Seal, timeout: number): Promise<boolean> {
    const { rowCount } = await this.#session.run(timeout, (literal) => seal(literal, key, reign as RowReign, sealed, timeout));
    return rowCount === 1;
  }

  async drop(key: string, reign: Reign, timeout: number): Promise<boolean> {
    try {
      const { rowCount } = await this.#session.run(timeout, (literal) => drop(literal, key, reign, timeout));
      return rowCount === 1;
    } catch (error) {
      if (codeOf(error) === UNDEFINED_TABLE) return false;
      throw error;
    }
  }

  async look(key: string, timeout: number): Promise<LeaseState | null> {
    try {
      const { rows } = await this.#session.run(timeout, (literal) => [look(literal, key)]);
      return rows[0] === undefined ? null : toState(rows[0]);
    } catch (error) {
      if (codeOf(error) === UNDEFINED_TABLE) return null;
      throw error;
    }
  }

  waitFree(key: string, _standing: LeaseState, signal: AbortSignal): Promise<void> {
    return this.#listener.wait(key, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.#session.close(), this.#listener.close()]);
  }

  /** Makes the table when it is missing. A user without the right to make it gets the server's error. */
  async #withTable(left: () => number, statements: Statements): Promise<Result> {
    try {
      return await this.#session.run(left(), statements);
    } catch (error) {
      if (codeOf(error) !== UNDEFINED_TABLE) throw error;
      await this.#session
        .run(left(), () => [TABLE])
        .catch((failure: unknown) => {
          if (!MADE_MEANWHILE.includes(codeOf(failure))) throw failure;
        });
      return await this.#session.run(left(), statements);
    }
  }
}

/** bigint comes as text. `null`: the row has nothing, as no reign stands. */
function toState(row: Readonly<Record<string, unknown>>): LeaseState | null {
  const { epoch, holder, host, pid, since, info, expires_in: expiresIn } = row;
  if (epoch === null || epoch === undefined) return null;
  return {
    holder: String(holder),
    host: host as string | null,
    pid: pid as number | null,
    since: since as Date | null,
    token: BigInt(String(epoch)),
    expiresIn: Math.max(0, Math.floor(Number(expiresIn))),
    info: info as Readonly<Record<string, string>> | null,
  };
}
