import { accessSync, constants, lstatSync, renameSync } from 'node:fs';
import type { ListenOptions, Server } from 'node:net';
import { dirname } from 'node:path';
import { type HandedSocket, removeSocketFile, unfinishedName } from './handed-socket.ts';

/** sun_path of unix(7) has 108 bytes, the last of which is NUL. */
const LONGEST_PATH = 107;

interface Pipe {
  readonly _handle: { close(...args: unknown[]): unknown } | null;
  _pipeName?: string;
}

/**
 * Has a server listen on a Unix socket that the program opens by itself, so that the socket can go on to a successor: it is bound under another
 * name, and then renamed. Node removes the name that was bound when the server closes, and that must not be the final one. The final one is
 * removed here, if there is no successor.
 * @param listen the original `listen()` with these options, which for a path has bound it when it returns
 * @returns the file; `null`: an error comes as the server's event
 */
export function listenOnOwnPath(
  server: Server,
  path: string,
  { listen, areHandedOn }: { readonly listen: (options: ListenOptions) => void; readonly areHandedOn: () => boolean },
): HandedSocket['file'] {
  const unfinished = unfinishedName(path);
  // Alone: a cluster's worker would have its primary listen, later.
  listen({ path: unfinished, exclusive: true });
  if (!server.listening) return null;
  renameSync(unfinished, path);
  tellPath(server, path);
  const { dev, ino } = lstatSync(path);
  const handle = (server as unknown as Pipe)._handle as NonNullable<Pipe['_handle']>;
  const close = handle.close;
  handle.close = (...args) => {
    if (!areHandedOn()) removeSocketFile({ address: { path }, file: { dev, ino } });
    return close.apply(handle, args);
  };
  return { dev, ino };
}

/** Whether {@link listenOnOwnPath} works there. Where it does not, `listen()` says what is wrong with the program's own path. */
export function canListenOnOwnPath(path: string): boolean {
  if (isAbstract(path) || Buffer.byteLength(unfinishedName(path)) > LONGEST_PATH) return false;
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** Has `address()` of a server name its Unix socket: Node knows no path of a socket that it has not bound. */
export function tellPath(server: Server, path: string): void {
  (server as unknown as Pipe)._pipeName = path;
}

/** A socket in the abstract namespace of unix(7), which has no file. */
export function isAbstract(path: string): boolean {
  return path.startsWith('\0');
}
