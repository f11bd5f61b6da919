import { join } from 'node:path';
import { bootId } from '../posix/host.ts';
import { readOwn, removeOwn, writeOwn } from './own-file.ts';
import type { Places } from './places.ts';
import { RegistryError } from './registry-error.ts';

/** A note that a daemon was started, and not stopped since. A daemon that neither runs nor has a note was stopped. */
export interface Started {
  /** Id of the machine's boot in which the daemon was started; `null` if the system does not tell it. */
  readonly boot: string | null;
  /** `process.version` of the Node it was started with. */
  readonly node: string;
  /** The version of the package that started it. */
  readonly daemonium: string;
}

function startedPath({ declarations }: Places, name: string): string {
  return join(declarations, `${name}.started`);
}

export function noteStarted(places: Places, name: string, daemonium: string): void {
  restoreStarted(places, name, { boot: bootId(), node: process.version, daemonium });
}

/** Writes a note that was read before. */
export function restoreStarted(places: Places, name: string, started: Started): void {
  writeOwn(startedPath(places, name), `${JSON.stringify(started)}\n`, false);
}

export function noteStopped(places: Places, name: string): void {
  removeOwn(startedPath(places, name));
}

/** The note is only a hint: one that cannot be read counts as none. */
export function readStarted(places: Places, name: string): Started | null {
  try {
    const value: unknown = JSON.parse(readOwn(startedPath(places, name), places.uid) ?? 'null');
    if (typeof value !== 'object' || value === null) return null;
    const { boot = null, node = '', daemonium = '' } = value as Partial<Started>;
    return { boot: typeof boot === 'string' ? boot : null, node: String(node), daemonium: String(daemonium) };
  } catch (error) {
    if (error instanceof RegistryError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whether the machine has been started since then. */
export function wasBeforeThisBoot({ boot }: Started): boolean {
  const now = bootId();
  return boot !== null && now !== null && boot !== now;
}
