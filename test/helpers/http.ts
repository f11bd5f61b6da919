import { type Agent, get, type IncomingHttpHeaders } from 'node:http';
import { createServer, type ListenOptions, type Server } from 'node:net';
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
 * A port on which no process listens, and which no test of any process is given as long as this one lives. It is none of those that the kernel
 * gives to connections and to port 0.
 */
export const freePort = (): Promise<number> => freePortIn(10_000, 32_768);

/** One that only root may listen on. */
export const freePrivilegedPort = (): Promise<number> => freePortIn(600, 1_024);

async function freePortIn(lowest: number, end: number): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    // A name of the kernel's, without a file: it goes with this process.
    const reserved = await listen({ path: `\0daemonium-test-port-${port}` });
    if (reserved === null) continue;
    const listening = await listen({ port, host: '127.0.0.1' });
    if (listening === null) reserved.close();
    else return new Promise((resolve) => void listening.close(() => resolve(port)));
  }
}

/** `null`: another server listens there. */
function listen(where: ListenOptions): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .unref()
      .listen(where, () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
  });
}
