import type { HandedSocket } from './handed-socket.ts';
import type { ListeningServers } from './taken-by-address.ts';

/** The listening sockets of a daemon that has some, or can be asked for a successor. */
export interface ServiceSockets {
  /** Sockets from the launcher or the predecessor; in the foreground this process has opened them itself. */
  readonly handed: readonly HandedSocket[];
  /** Socket for requests to start a successor. */
  readonly requests: HandedSocket | null;
  readonly servers: ListeningServers;
}

/** All sockets of a service: those for its clients, and the one for requests. */
export function allSockets(sockets: ServiceSockets | null): readonly HandedSocket[] {
  if (sockets === null) return [];
  return sockets.requests === null ? sockets.handed : [...sockets.handed, sockets.requests];
}

/** Lets servers of this process take the sockets by their addresses. `null`: there is no socket to take, and nothing is loaded. */
export async function socketsOf({
  sockets,
  requests,
}: Pick<ServiceSockets, 'requests'> & { readonly sockets: readonly HandedSocket[] }): Promise<ServiceSockets | null> {
  if (sockets.length === 0 && requests === null) return null;
  const { ListeningServers } = await import('./taken-by-address.ts');
  const servers = new ListeningServers(sockets);
  servers.watch();
  return { handed: sockets, requests, servers };
}
