import { type Agent, get, type IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request; on a connection of its own unless an agent is given. */
export function ask(where: { port: number; host?: string } | { socketPath: string }, agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', ...where, agent }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
    });
    request.on('error', reject);
  });
}

/** A port on which no process listened a moment ago. */
export function freePort(): Promise<number> {
  return listenedOn(0);
}

/** The same, below 1024: only root may listen there. */
export async function freePrivilegedPort(): Promise<number> {
  for (;;) {
    const port = await listenedOn(600 + Math.floor(Math.random() * 424)).catch(() => null);
    if (port !== null) return port;
  }
}

async function listenedOn(wanted: number): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject).listen(wanted, () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
