import { type ListenOptions, Server } from 'node:net';
import { isSameAddress, type SocketAddress } from '../internal/socket-address.ts';
import { type HandedSocket, isStillOpen, socketAt } from './handed-socket.ts';
import { noteSessions } from './http2-sessions.ts';
import { canListenOnOwnPath, isAbstract, listenOnOwnPath, tellPath } from './own-path.ts';

type Listen = (this: Server, ...args: unknown[]) => Server;

/** Key of the original `Server.prototype.listen`, which this file replaces: some servers must open a socket of their own. */
const ORIGINAL = Symbol.for('daemonium.listen');

export function originalListen(): Listen {
  const prototype = Server.prototype as unknown as { readonly [ORIGINAL]?: Listen; readonly listen: Listen };
  return prototype[ORIGINAL] ?? prototype.listen;
}

/** A server's socket, as far as it is known. */
type Kept = Omit<HandedSocket, 'fd' | 'ino'>;

/**
 * The servers of this process that listen, of every kind: http, https, http2 and tls inherit from net. `listen()` of an address that has been
 * handed over takes that socket, so that a program which knows nothing of handed sockets need not change, as under node:cluster.
 */
export class ListeningServers {
  readonly #free: HandedSocket[];
  readonly #listening = new Map<Server, Kept>();
  /** They are a successor's by now. */
  areHandedOn = false;

  constructor(handed: readonly HandedSocket[]) {
    this.#free = [...handed];
  }

  /** Works from now on, for all servers of this process. */
  watch(): void {
    const listen = originalListen();
    const { prototype } = Server as unknown as { readonly prototype: object };
    const over = (server: Server, args: unknown[]) => this.#listen(server, listen, args);
    Object.defineProperty(prototype, ORIGINAL, { value: listen, configurable: true });
    Object.defineProperty(prototype, 'listen', {
      value: function (this: Server, ...args: unknown[]) {
        return over(this, args);
      },
      configurable: true,
      writable: true,
    });
  }

  /** The servers that listen now. */
  get servers(): Server[] {
    return [...this.#listening.keys()];
  }

  /** The sockets under them, as they can be handed on. A file whose name Node removes with its server is left out. */
  get sockets(): HandedSocket[] {
    return [...this.#listening].flatMap(([server, kept]) => {
      const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd?: number } | null };
      const fd = handle?.fd ?? -1;
      const ino = fd < 0 ? null : socketAt(fd);
      const socket = { fd, ino: ino ?? '', ...kept };
      return ino === null || isNodesFile(kept) || !isStillOpen(socket) ? [] : [socket];
    });
  }

  #listen(server: Server, listen: Listen, args: unknown[]): Server {
    noteSessions(server);
    const asked = askedFor(args);
    if (asked === null) return listen.apply(server, args);
    const socket = this.#take(asked);
    if (socket !== null) {
      const { fd, ino: _ino, ...kept } = socket;
      this.#note(server, kept);
      if ('fd' in asked) return listen.apply(server, args);
      listen.apply(server, withAddress(args, { fd }));
      if ('path' in asked) tellPath(server, asked.path);
      return server;
    }
    if ('fd' in asked) return listen.apply(server, args);
    this.#note(server, { name: 'unknown', address: asked, file: this.#open(server, listen, asked, args), isOwn: true });
    return server;
  }

  /** The program opens a socket by itself. @returns its file, if that can be handed on */
  #open(server: Server, listen: Listen, asked: SocketAddress, args: unknown[]): HandedSocket['file'] {
    if ('path' in asked && canListenOnOwnPath(asked.path)) {
      return listenOnOwnPath(server, asked.path, {
        listen: (options) => void listen.apply(server, withAddress(args, options)),
        areHandedOn: () => this.areHandedOn,
      });
    }
    listen.apply(server, args);
    return null;
  }

  #take(asked: SocketAddress | { readonly fd: number }): HandedSocket | null {
    const index = this.#free.findIndex((socket) => isAskedFor(socket, asked));
    const [socket = null] = index === -1 ? [] : this.#free.splice(index, 1);
    return socket !== null && isStillOpen(socket) ? socket : null;
  }

  #note(server: Server, kept: Kept): void {
    server.once('listening', () => this.#listening.set(server, kept));
    server.once('close', () => this.#listening.delete(server));
  }
}

function isAskedFor({ fd, address }: HandedSocket, asked: SocketAddress | { readonly fd: number }): boolean {
  return 'fd' in asked ? fd === asked.fd : address !== null && isSameAddress(address, asked);
}

function isNodesFile({ address, file }: Kept): boolean {
  return address !== null && 'path' in address && !isAbstract(address.path) && file === null;
}

/** The arguments of `listen()` with another address. */
function withAddress(args: unknown[], address: ListenOptions | { readonly fd: number }): unknown[] {
  const options = typeof args[0] === 'object' && args[0] !== null ? args[0] : {};
  const callback = args.findLast((each) => typeof each === 'function');
  const backlog = args.slice(1).find((each) => typeof each === 'number');
  const { host: _host, port: _port, path: _path, ...rest } = { backlog, ...options } as Record<string, unknown>;
  return [{ ...rest, ...address }, ...(callback === undefined ? [] : [callback])];
}

/** The address in the arguments of `listen()`; `null` for those that stay as they are, such as a handle or a port that is shared on purpose. */
function askedFor([first, second]: readonly unknown[]): SocketAddress | { readonly fd: number } | null {
  if (typeof first === 'object' && first !== null) {
    const { fd, path, port, host, handle, _handle, reusePort } = first as Record<string, unknown>;
    if (handle !== undefined || _handle !== undefined || reusePort === true) return null;
    if (typeof fd === 'number' && fd >= 0) return { fd };
    if (isPort(port)) return { port: Number(port), host: hostOf(host) };
    return typeof path === 'string' ? { path } : null;
  }
  if (first === undefined || first === null || typeof first === 'function') return { port: 0, host: null };
  if (isPort(first)) return { port: Number(first), host: hostOf(second) };
  return typeof first === 'string' ? { path: first } : null;
}

function isPort(value: unknown): boolean {
  return (typeof value === 'number' && value >= 0) || (typeof value === 'string' && /^[0-9]+$/.test(value));
}

function hostOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
