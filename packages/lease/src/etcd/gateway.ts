import type { IncomingMessage } from 'node:http';
import type { EtcdOptions } from './options.ts';
import { answer, type EtcdError, open, Transport } from './request.ts';

/** Asks one endpoint. */
export type Ask = (path: string, body: unknown) => Promise<Record<string, unknown>>;

/** gRPC's codes for errors that every endpoint would give. */
const INVALID_ARGUMENT = 3;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;
const SAME_EVERYWHERE = [INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED];

/** etcd's JSON gateway, at several endpoints. */
export class Gateway {
  readonly #endpoints: readonly URL[];
  readonly #options: EtcdOptions;
  readonly #transport: Transport;
  /** The endpoint that worked last. */
  #current = 0;
  #token: Promise<string> | undefined;

  constructor(endpoints: readonly URL[], options: EtcdOptions) {
    this.#endpoints = endpoints;
    this.#options = options;
    this.#transport = new Transport(options.tls);
  }

  /**
   * Carries an operation out at one endpoint, from its first request to its last: an answer of one and another of the next would not be about the same
   * moment. The endpoints are tried in turn, each for its part of the time.
   * @throws etcd's refusal, the connection's error, or an AggregateError of several endpoints
   */
  async attempt<T>(timeout: number, operation: (ask: Ask) => Promise<T>): Promise<T> {
    const end = performance.now() + timeout;
    const errors: unknown[] = [];
    const from = this.#current;
    const count = this.#endpoints.length;
    for (let tried = 0; tried < count; tried++) {
      const index = (from + tried) % count;
      const share = (end - performance.now()) / (count - tried);
      try {
        const result = await this.#at(this.#endpoints[index]!, share, operation);
        this.#current = index;
        return result;
      } catch (error) {
        if (SAME_EVERYWHERE.includes(Number((error as EtcdError).grpc))) throw error;
        errors.push(error);
      }
    }
    this.#current = (from + 1) % count;
    if (errors.length === 1) throw errors[0];
    const said = errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; ');
    throw new AggregateError(errors, `all ${count} endpoints failed: ${said}`);
  }

  /** A stream of answers, at the endpoint that worked last. */
  async stream(path: string, body: unknown, signal: AbortSignal): Promise<IncomingMessage> {
    const endpoint = this.#endpoints[this.#current]!;
    const token = await this.#authenticated(endpoint, signal);
    return open(this.#transport, { endpoint, path, body, token }, signal);
  }

  close(): void {
    this.#transport.close();
  }

  async #at<T>(endpoint: URL, ms: number, operation: (ask: Ask) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), Math.max(0, ms));
    try {
      return await operation((path, body) => this.#ask(endpoint, path, body, over.signal));
    } catch (error) {
      if (!over.signal.aborted) throw error;
      throw Object.assign(new Error(`no answer of ${endpoint.host} within ${Math.round(ms)} ms`, { cause: error }), { code: 'ETIMEDOUT' });
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(endpoint: URL, path: string, body: unknown, signal: AbortSignal): Promise<Record<string, unknown>> {
    const token = await this.#authenticated(endpoint, signal);
    const post = { endpoint, path, body };
    try {
      return await answer(await open(this.#transport, { ...post, token }, signal));
    } catch (error) {
      if (token === undefined || !isOfToken(error as EtcdError)) throw error;
    }
    this.#token = undefined;
    const renewed = await this.#authenticated(endpoint, signal);
    return answer(await open(this.#transport, { ...post, token: renewed }, signal));
  }

  #authenticated(endpoint: URL, signal: AbortSignal): Promise<string> | undefined {
    const { user, password } = this.#options;
    if (user === undefined) return undefined;
    this.#token ??= this.#authenticate(endpoint, { name: user, password }, signal);
    return this.#token;
  }

  async #authenticate(endpoint: URL, body: unknown, signal: AbortSignal): Promise<string> {
    try {
      const post = { endpoint, path: '/v3/auth/authenticate', body, token: undefined };
      const { token } = await answer(await open(this.#transport, post, signal));
      return String(token);
    } catch (error) {
      this.#token = undefined;
      throw error;
    }
  }
}

/**
 * The token has expired, or the server has forgotten it. A JWT also ends with each change of users and roles.
 * @see https://github.com/etcd-io/etcd/blob/main/api/v3rpc/rpctypes/error.go ErrGRPCInvalidAuthToken, ErrGRPCAuthOldRevision
 */
function isOfToken({ grpc, message }: EtcdError): boolean {
  return grpc === UNAUTHENTICATED || message.endsWith('revision of auth store is old');
}
