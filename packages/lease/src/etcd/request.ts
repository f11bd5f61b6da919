import type { ClientRequest, Agent as HttpAgent, IncomingMessage, RequestOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { EtcdOptions } from './options.ts';

/** etcd's own refusal: its message, and the code of gRPC. */
export interface EtcdError extends Error {
  readonly grpc?: number;
}

/** Connections that are kept between two questions, and keep no process alive meanwhile. */
export class Transport {
  readonly #tls: EtcdOptions['tls'];
  #http: HttpAgent | null = null;
  #https: HttpsAgent | null = null;

  constructor(tls: EtcdOptions['tls']) {
    this.#tls = tls;
  }

  /** Loads what the URL needs: TLS takes as much memory as all the rest of a lease. */
  request(url: URL, options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
    if (url.protocol === 'https:') {
      const { Agent, request } = process.getBuiltinModule('node:https');
      this.#https ??= new Agent({ keepAlive: true, ...this.#tls });
      return request(url, { ...options, agent: this.#https }, onResponse);
    }
    const { Agent, request } = process.getBuiltinModule('node:http');
    this.#http ??= new Agent({ keepAlive: true });
    return request(url, { ...options, agent: this.#http }, onResponse);
  }

  close(): void {
    this.#http?.destroy();
    this.#https?.destroy();
    this.#http = null;
    this.#https = null;
  }
}

export interface Post {
  readonly endpoint: URL;
  readonly path: string;
  readonly body: unknown;
  readonly token: string | undefined;
}

/**
 * Sends a request, and gives the response as soon as it begins. Aborting destroys the connection, at any time.
 * @throws the connection's error
 */
export function open(transport: Transport, { endpoint, path, body, token }: Post, signal: AbortSignal): Promise<IncomingMessage> {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(token === undefined ? {} : { authorization: token }),
  };
  const url = new URL(`${endpoint.pathname.replace(/\/$/, '')}${path}`, endpoint);
  return new Promise((resolve, reject) => {
    const request = transport.request(url, { method: 'POST', headers, signal }, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A server that is restarted leaves connections that look usable until they are used.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(open(transport, { endpoint, path, body, token }, signal));
      else reject(error);
    });
    request.end(text);
  });
}

/**
 * The answer: one object, for streams the first one of them.
 * @throws {EtcdError}
 */
export async function answer(response: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  const [line = ''] = text.trim().split('\n');
  const parsed = parse(line);
  if (parsed === null)
    throw new Error(`expected JSON of etcd's gateway, got HTTP status ${response.statusCode}: ${JSON.stringify(line.slice(0, 80))}`);
  const refusal = refusalIn(parsed);
  if (refusal !== null) throw refusal;
  return (parsed['result'] ?? parsed) as Record<string, unknown>;
}

/** `{ error, message, code }`; in a stream `{ error: { message, grpc_code } }`. */
function refusalIn(parsed: Record<string, unknown>): EtcdError | null {
  const { error, message, code } = parsed;
  if (error === undefined) return null;
  const inner =
    typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : { message: message ?? error, grpc_code: code };
  return Object.assign(new Error(String(inner['message'])), { grpc: Number(inner['grpc_code']) });
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' ? (parsed as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
