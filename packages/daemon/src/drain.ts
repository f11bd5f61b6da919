import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server } from 'node:net';
import { OptionError } from '@daemonium/core/start';
import { sessionsOf } from './sockets/http2-sessions.ts';

/**
 * How long a connection may be idle before it is closed, in ms. If it were closed at once, clients that keep connections would see
 * ECONNRESET, because their next request is on its way already.
 */
const GRACE_MS = 300;
/** Emitted when a response has been sent, those included which were under way before. */
const FINISHED = 'http.server.response.finish';

/**
 * Brings a server to its end without breaking off anything: no new connections; each answer says `Connection: close`; connections that are idle
 * for 300 ms are closed. For http and https; of http2 the sessions are told to go away (before Node.js 24 in daemons with `listen` and in
 * programs, elsewhere at their next request); of a plain net.Server the connections are the program's to end.
 * Waits as long as it takes: a daemon is bounded by `stopTimeout`.
 * @throws {OptionError} `ERR_OPTION_TYPE`: no server
 * @param server it may listen, or have been closed already
 * @returns when the last connection is gone
 */
export async function drain(server: Server): Promise<void> {
  const { Server } = process.getBuiltinModule('node:net');
  if (!(server instanceof Server))
    throw new OptionError('server', 'a server of node:net, node:http, node:https or node:http2', server, 'ERR_OPTION_TYPE');
  const isHttp = 'closeIdleConnections' in server;
  const gone = new Promise<void>((resolve) => {
    // close() of http servers closes only connections that are idle right now. The callback's error only says that the server did not listen.
    (isHttp ? Server.prototype.close : server.close).call(server, () => resolve());
  });
  const stopClosing = isHttp ? closeIdle(server as HttpServer) : () => {};
  const stopEnding = endSessions(server);
  await gone;
  stopClosing();
  stopEnding();
}

function closeIdle(server: HttpServer): () => void {
  const { subscribe, unsubscribe } = process.getBuiltinModule('node:diagnostics_channel');
  let timer: NodeJS.Timeout | undefined;
  const closeSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => server.closeIdleConnections(), GRACE_MS);
  };
  const last = (_: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  };
  // The answer was begun before the drain, and the client may be about to send the next request.
  const finished = (message: unknown) => {
    const { server: of, response } = message as { readonly server: unknown; readonly response: ServerResponse };
    if (of === server && response.shouldKeepAlive) closeSoon();
  };
  // The others change their meaning as soon as they have a listener.
  const events = (['request', 'checkContinue', 'checkExpectation'] as const).filter(
    (event) => event === 'request' || server.listenerCount(event) > 0,
  );
  for (const event of events) server.prependListener(event, last);
  subscribe(FINISHED, finished);
  closeSoon();
  return () => {
    clearTimeout(timer);
    unsubscribe(FINISHED, finished);
    for (const event of events) server.off(event, last);
  };
}

/** GOAWAY: streams under way come to their end, and no new ones begin. Servers of other kinds emit none of this. */
function endSessions(server: Server): () => void {
  const end = (session: ServerHttp2Session) => session.close();
  const endOf = (stream: { readonly session: ServerHttp2Session | undefined }) => stream.session?.close();
  for (const session of sessionsOf(server)) end(session);
  server.on('session', end);
  server.prependListener('stream', endOf);
  return () => {
    server.off('session', end);
    server.off('stream', endOf);
  };
}
