import type { Cluster } from 'node:cluster';
import { Server } from 'node:net';

/** When a program is ready: its main module has been evaluated, its first server listens, or it says so with `process.send('ready')`. */
export type ProgramReadiness = 'started' | 'listening' | 'message';

/** Calls `listener` once, when the first server of this process or of one of its cluster's workers listens, on a port or on a path. */
export function whenListening(listener: () => void): void {
  const cluster = process.getBuiltinModule('node:cluster') as unknown as Cluster;
  let heard = false;
  const once = () => {
    if (heard) return;
    heard = true;
    delete (Server.prototype as { emit?: unknown }).emit;
    cluster.off('listening', once);
    listener();
  };
  // Servers of every kind inherit this: http, https, http2, tls. The inspector's is none of them.
  const emit = Server.prototype.emit as (this: Server, event: string | symbol, ...args: unknown[]) => boolean;
  Object.defineProperty(Server.prototype, 'emit', {
    value(this: Server, event: string | symbol, ...args: unknown[]): boolean {
      if (event === 'listening') once();
      return emit.call(this, event, ...args);
    },
    configurable: true,
    writable: true,
  });
  cluster.on('listening', once);
}

/**
 * Gives this process a `process.send`, as a parent with a channel would: it takes a callback, returns true, and calls `listener` at the
 * first `'ready'`. Nothing else listens to it.
 */
export function whenSaid(listener: () => void): void {
  let heard = false;
  process.send = (message: unknown, ...more: unknown[]): boolean => {
    const callback = more.at(-1);
    if (typeof callback === 'function') process.nextTick(callback, null);
    if (message === 'ready' && !heard) {
      heard = true;
      listener();
    }
    return true;
  };
}
