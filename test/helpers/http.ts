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
 * A port on which no process listens, and which no other test is given: not in this run, and in no other on this machine. It is none of those that
 * the kernel gives to connections and to port 0.
 */
export const freePort = (): Promise<number> => freePortIn(10_000, 32_768);

/** One that only root may listen on. */
export const freePrivilegedPort = (): Promise<number> => freePortIn(600, 1_024);

async function freePortIn(lowest: number, end: number): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    if ((await reserved(port)) && (await isFree(port))) return port;
  }
}

/** Until this process ends, a name says that the port is taken: only one socket can have it. */
async function reserved(port: number): Promise<boolean> {
  const mark = await listening({ path: `\0daemonium-test-port-${port}` });
  mark?.unref();
  return mark !== null;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening({ port, host: '127.0.0.1' });
  if (server !== null) await new Promise((resolve) => server.close(resolve));
  return server !== null;
}

/** A server that listens there; `null` if another one does. */
function listening(where: ListenOptions): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(where, () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
  });
}
