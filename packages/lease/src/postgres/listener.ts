import { within } from '../within.ts';
import { letGo } from './session.ts';
import type { NewClient } from './target.ts';
import type { PostgresClient, Result } from './types.ts';

const CONNECT_MS = 5_000;

/** Wakes processes that wait for a key, at its release. LISTEN has a connection of its own while a process waits. */
export class Listener {
  readonly #newClient: NewClient;
  #client: Promise<PostgresClient> | null = null;
  /** A pooler gives LISTEN to a connection that other clients share, and the notification reaches no waiting process. */
  #isPooled = false;
  readonly #waiting = new Set<{ readonly key: string; readonly wake: () => void }>();

  constructor(newClient: NewClient) {
    this.#newClient = newClient;
  }

  /**
   * Waits for a release of the key, or the abort. Resolves at once when the listening has only begun: a release may have come before.
   * @throws the connection's error
   */
  async wait(key: string, signal: AbortSignal): Promise<void> {
    const isNew = this.#client === null && !this.#isPooled;
    if (isNew) this.#client = this.#listen();
    await this.#client;
    if (isNew && !this.#isPooled) return;
    await new Promise<void>((resolve) => {
      const waiting = { key, wake: () => done() };
      const done = () => {
        this.#waiting.delete(waiting);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(waiting);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }

  async close(): Promise<void> {
    const closing = this.#client;
    this.#client = null;
    await closing?.then((client) => client.end()).catch(() => {});
  }

  #listen(): Promise<PostgresClient> {
    const ended = () => {
      if (this.#client !== listening) return;
      this.#client = null;
      this.#wakeAll();
    };
    const listening = this.#open(ended);
    listening.catch(ended);
    return listening;
  }

  async #open(ended: () => void): Promise<PostgresClient> {
    const client = await this.#newClient(CONNECT_MS);
    client.on('error', ended);
    client.on('end', ended);
    client.on('notification', ({ payload }) => this.#wakeAll(payload));
    letGo(client);
    await client.connect();
    letGo(client);
    try {
      this.#isPooled = await within(isPooled(client), CONNECT_MS);
      if (this.#isPooled) await client.end();
      else await within(client.query('listen daemonium_lease'), CONNECT_MS);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    return client;
  }

  #wakeAll(key?: string): void {
    for (const waiting of [...this.#waiting]) if (key === undefined || waiting.key === key) waiting.wake();
  }
}

/** A pooler makes up the process id that it greets a client with, as the real one may be another at each transaction. */
async function isPooled(client: PostgresClient): Promise<boolean> {
  const { rows } = (await client.query('select pg_backend_pid() as pid')) as Result;
  return (client as { processID?: number }).processID !== rows[0]?.['pid'];
}
