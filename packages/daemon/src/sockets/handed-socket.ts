import { fstatSync, lstatSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomHex } from '@daemonium/core/start';
import type { SocketAddress } from '../internal/socket-address.ts';

/** A listening socket on its way to another process: it stands at `fd` there. */
export interface HandedSocket {
  readonly fd: number;
  readonly name: string;
  /** `null`: a service manager has opened it, and its address is not known. */
  readonly address: SocketAddress | null;
  /** The socket itself, whatever its number: fstat's inode. */
  readonly ino: string;
  /** The file that a path names; `null` for a port. */
  readonly file: { readonly dev: number; readonly ino: number } | null;
  /** The program has opened it by itself, and may have removed the file. */
  readonly isOwn?: boolean;
}

/** The name under which the socket of a path is bound first. No file has it: bind(2) replaces nothing, and whatever else is there stays. */
export function unfinishedName(path: string): string {
  return join(dirname(path), `.${randomHex(8)}.socket`);
}

/** Which socket stands at `fd`; `null`: none. */
export function socketAt(fd: number): string | null {
  try {
    // bigint: on Node 20 a plain fstat of a socket makes the ESM loader stop resolving symlinks.
    const stat = fstatSync(fd, { bigint: true });
    return stat.isSocket() ? String(stat.ino) : null;
  } catch {
    return null;
  }
}

/** The program may have closed it, and its number may be something else's by now. Without its file, clients would not find its own socket. */
export function isStillOpen(socket: HandedSocket): boolean {
  return socketAt(socket.fd) === socket.ino && (socket.isOwn !== true || isFound(socket));
}

function isFound({ address, file }: HandedSocket): boolean {
  if (address === null || !('path' in address) || file === null) return true;
  try {
    const { dev, ino } = lstatSync(address.path);
    return dev === file.dev && ino === file.ino;
  } catch {
    return false;
  }
}

/**
 * Removes the socket's file, if it is still this socket's. Without the right to do so the file stays: no process listens there, and the
 * next start replaces it.
 */
export function removeSocketFile({ address, file }: Pick<HandedSocket, 'address' | 'file'>): void {
  if (address === null || !('path' in address) || file === null) return;
  try {
    const { dev, ino } = lstatSync(address.path);
    if (dev === file.dev && ino === file.ino) unlinkSync(address.path);
  } catch {}
}
