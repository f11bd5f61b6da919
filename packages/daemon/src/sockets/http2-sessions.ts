import type { ServerHttp2Session } from 'node:http2';
import type { Server } from 'node:net';

const known = new WeakMap<Server, Set<ServerHttp2Session>>();

/** Keeps a list of an http2 server's sessions from now on: Node.js before 24 has none, and a closed server leaves them open. */
export function noteSessions(server: Server): void {
  if (!('updateSettings' in server) || known.has(server)) return;
  const sessions = new Set<ServerHttp2Session>();
  known.set(server, sessions);
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
}

/** The sessions that are open now, as far as they are known. */
export function sessionsOf(server: Server): Iterable<ServerHttp2Session> {
  return known.get(server) ?? [];
}
