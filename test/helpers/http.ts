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

/**
 * A port on which no process listened a moment ago. It is none of those that the kernel gives to connections and to port 0, so that no other test is
 * given it before it is used.
 */
export const freePort = (): Promise<number> => freePortIn(10_000, 32_768);

/** One that only root may listen on. */
export const freePrivilegedPort = (): Promise<number> => freePortIn(600, 1_024);

async function freePortIn(lowest: number, end: number): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE') resolve(false);
      else reject(new Error(`Cannot listen on port ${port}: ${code}`));
    });
  });
}
