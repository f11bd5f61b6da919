import { within } from '../within.ts';
import type { NewClient } from './target.ts';
import type { PostgresClient, Result } from './types.ts';

/** Statements as text; values are put in as literals, as several statements in one message take no parameters. */
export type Statements = (literal: (text: string) => string) => readonly string[];

/** How long a connection may take at least, in ms: it outlasts a renewal that is given up sooner, and serves the next one. */
const LEAST_CONNECT_MS = 2_000;

/**
 * One connection, opened on demand, and again after a failure. Each question is one message: the server carries it out in one transaction,
 * and a broken connection never leaves it half done. That needs no prepared statement and no session state, so it works through a pooler in
 * transaction mode.
 */
export class Session {
  readonly #newClient: NewClient;
  #client: Promise<PostgresClient> | null = null;
  /** The end of the question before: a client takes one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(newClient: NewClient) {
    this.#newClient = newClient;
  }

  /**
   * The last statement's result.
   * @throws the server's error, or the connection's
   */
  run(timeout: number, statements: Statements): Promise<Result> {
    const end = performance.now() + timeout;
    const result = this.#last.then(() => this.#ask(end - performance.now(), statements));
    this.#last = result.catch(() => {});
    return within(result, timeout);
  }

  async close(): Promise<void> {
    await this.#discard(this.#client);
  }

  async #ask(timeout: number, statements: Statements): Promise<Result> {
    const end = performance.now() + timeout;
    const connecting = this.#connect(timeout);
    // A connection that takes longer is not dropped: the next question may find it ready.
    const client = await within(connecting, timeout);
    try {
      const text = statements((value) => client.escapeLiteral(value)).join(';\n');
      const results = await within(client.query(text), end - performance.now());
      return (Array.isArray(results) ? results.at(-1) : results) as Result;
    } catch (error) {
      // An answer leaves a connection that works, unless it goes to a server that only reads: the primary may be another by now.
      if (!isAnswer(error) || isReadOnly(error)) this.#discard(connecting).catch(() => {});
      throw error;
    }
  }

  #connect(timeout: number): Promise<PostgresClient> {
    if (this.#client !== null) return this.#client;
    const forget = () => {
      if (this.#client === connecting) this.#client = null;
    };
    const connecting = this.#open(Math.max(timeout, LEAST_CONNECT_MS), forget);
    connecting.catch(forget);
    this.#client = connecting;
    return connecting;
  }

  async #open(timeout: number, onEnd: () => void): Promise<PostgresClient> {
    const client = await this.#newClient(timeout);
    client.on('error', onEnd);
    client.on('end', onEnd);
    letGo(client);
    await client.connect();
    // With TLS, the client has another socket by now.
    letGo(client);
    return client;
  }

  async #discard(connecting: Promise<PostgresClient> | null): Promise<void> {
    if (connecting === null || this.#client !== connecting) return;
    this.#client = null;
    // While a query runs, end() cuts the connection.
    await connecting.then((client) => client.end()).catch(() => {});
  }
}

/**
 * Lets the process end although the client is open. pg's own clients allow this. While a caller waits for an answer, its time-out keeps the
 * process alive.
 */
export function letGo(client: PostgresClient): void {
  (client as { unref?: () => void }).unref?.();
}

/** An error of the server's, which goes on. Class 57P is its shutdown, 08 a pooler's "no connection". */
function isAnswer(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'severity' in error && !/^(57P|08)/.test(codeOf(error));
}

function isReadOnly(error: unknown): boolean {
  return ['25006', '0A000'].includes(codeOf(error));
}

/** An errno name or a SQLSTATE; '' for neither. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
