import { closeSync, lstatSync, renameSync } from 'node:fs';
import { connect, createServer, isIP, type ListenOptions, type Server } from 'node:net';
import { errnoError } from '@daemonium/core/start';
import { DaemonError } from '../errors.ts';
import { core, loadCore } from '../internal/core.ts';
import { showAddress } from '../internal/socket-address.ts';
import type { ListenAddress } from '../options/listen.ts';
import { type HandedSocket, removeSocketFile, socketAt, unfinishedName } from './handed-socket.ts';
import { originalListen } from './taken-by-address.ts';

/**
 * Listens on all of these addresses, in their order, and accepts nothing: that is for the process which the sockets go to.
 * @throws {DaemonError} `EADDRINUSE`, `EACCES`, ...: then none is left open, and no file of them is there
 */
export async function openSockets(addresses: readonly ListenAddress[]): Promise<HandedSocket[]> {
  await loadCore();
  const opened: HandedSocket[] = [];
  try {
    for (const address of addresses) opened.push(await openSocket(address));
    return opened;
  } catch (error) {
    discardSockets(opened);
    throw error;
  }
}

/** A start that came to nothing: the sockets are closed, and their files removed. */
export function discardSockets(sockets: readonly HandedSocket[]): void {
  for (const socket of sockets) {
    removeSocketFile(socket);
    closeSync(socket.fd);
  }
}

/** @throws {DaemonError} */
async function openSocket(address: ListenAddress): Promise<HandedSocket> {
  const { name } = address;
  try {
    const fd = 'path' in address ? await listenOnPath(address) : await listenOnPort(address);
    const ino = socketAt(fd) as string;
    if (!('path' in address)) return { fd, name, ino, address: { host: address.host, port: address.port }, file: null };
    const { dev, ino: fileIno } = lstatSync(address.path);
    return { fd, name, ino, address: { path: address.path }, file: { dev, ino: fileIno } };
  } catch (cause) {
    throw refusal(address, cause as NodeJS.ErrnoException);
  }
}

async function listenOnPort({ host, port, backlog }: Extract<ListenAddress, { port: number }>): Promise<number> {
  // Node looks a name up in the middle of listen(); here everything from bind(2) on is one turn.
  const address = host === null || isIP(host) !== 0 ? host : (await process.getBuiltinModule('node:dns').promises.lookup(host)).address;
  return listening({ port, backlog, ...(address === null ? {} : { host: address }) });
}

/**
 * Binds under another name first. A server that closes removes the name it was bound to, which must not be the final one. And no client can
 * connect before the mode is set.
 */
async function listenOnPath({ path, mode, backlog }: Extract<ListenAddress, { path: string }>): Promise<number> {
  if (await isListenedOn(path)) throw errnoError('EADDRINUSE', 'address in use', { path });
  const unfinished = unfinishedName(path);
  const rename = () => {
    ensureMode(unfinished, mode);
    renameSync(unfinished, path);
  };
  return withMask(0o777 & ~mode, () => core().byShortPath(unfinished, (short) => listening({ path: short, backlog }, rename)));
}

/**
 * Gives a socket its mode where bind(2) could not. Another user with the right to write the directory may put a link to any file in its place,
 * so a name is never followed.
 */
function ensureMode(path: string, mode: number): void {
  if ((lstatSync(path).mode & 0o777) !== mode) core().chmodSocket(path, mode);
}

/** bind(2) makes the file with its mode. In a worker thread, which may not change the mask, there is a moment until chmod(2). */
function withMask<T>(mask: number, act: () => T): T {
  let before: number | null = null;
  try {
    before = process.umask(mask);
  } catch {}
  try {
    return act();
  } finally {
    if (before !== null) process.umask(before);
  }
}

/** Whether another process listens there: its socket would be replaced. */
async function isListenedOn(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const socket = core().byShortPath(path, (short) => connect({ path: short }));
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
    });
  } finally {
    socket.destroy();
  }
}

/**
 * bind(2) and listen(2), by Node, and a copy of the descriptor. The server is closed in the same turn of the event loop, so it has accepted
 * no connection: all steps of `listen()`, and its event, are ticks of this turn.
 * @param bound called right after bind(2) of a path
 */
function listening(options: ListenOptions, bound: () => void = () => {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    const finish = (act: () => void) => {
      try {
        act();
      } catch (error) {
        reject(error);
        server.close();
      }
    };
    server.once('error', reject);
    server.once('listening', () =>
      finish(() => {
        resolve(copyOf(server));
        server.close();
      }),
    );
    // Alone: a cluster's worker would have its primary listen.
    originalListen().call(server, { ...options, exclusive: true });
    if (options.path !== undefined && server.listening) finish(bound);
  });
}

function copyOf(server: Server): number {
  const { F_DUPFD, fcntl, setCloseOnExec } = core();
  const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd: number } };
  const fd = fcntl(handle.fd, F_DUPFD, 3);
  setCloseOnExec(fd);
  return fd;
}

const CURES: Readonly<Record<string, (address: ListenAddress) => string>> = {
  EADDRINUSE: (address) =>
    'path' in address
      ? 'another process listens there'
      : `another process listens there, or has this port on one of its addresses: ss -ltnp 'sport = :${address.port}' shows it`,
  EACCES: (address) =>
    'path' in address
      ? 'this user may not make a file in that directory'
      : 'a port below 1024 (sysctl net.ipv4.ip_unprivileged_port_start) needs root or CAP_NET_BIND_SERVICE; with the option user the daemon gives root up afterwards',
  EADDRNOTAVAIL: () => 'this host has no such address (yet)',
  ENOTFOUND: () => 'there is no such host',
};

function refusal(address: ListenAddress, cause: NodeJS.ErrnoException): DaemonError {
  const { code = 'ERR_DAEMON', message } = cause;
  const cure = CURES[code]?.(address);
  const text = `Cannot listen on ${showAddress(address)}: ${cure === undefined ? message : `${cure} (${code})`}`;
  return new DaemonError(text, { code, cause });
}
