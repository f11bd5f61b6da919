import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../posix/call.ts';
import { type Declaration, formatDeclaration, parseDeclaration } from './declaration.ts';
import { checkDirectory, unusable } from './directories.ts';
import { faultOfName } from './name.ts';
import { readOwn, removeOwn, writeOwn } from './own-file.ts';
import type { Places } from './places.ts';
import { RegistryError } from './registry-error.ts';
import { noteStopped } from './started.ts';

const ENDING = '.json';

export function declarationPath({ declarations }: Places, name: string): string {
  return join(declarations, `${name}${ENDING}`);
}

/** @returns `null` when there is none of this name. @throws {RegistryError} it is there, and cannot be used */
export function readDeclaration(places: Places, name: string): Declaration | null {
  if (!checkDirectory(places.declarations, places.uid)) return null;
  const path = declarationPath(places, name);
  const text = readOwn(path, places.uid);
  return text === null ? null : parseDeclaration(text, name, path);
}

/** The names for which there is a declaration, whole or broken, in order. @throws {RegistryError} the directory cannot be used */
export function declaredNames({ declarations, uid }: Places): string[] {
  if (!checkDirectory(declarations, uid)) return [];
  try {
    return readdirSync(declarations)
      .filter((file) => file.endsWith(ENDING))
      .map((file) => file.slice(0, -ENDING.length))
      .filter((name) => faultOfName(name) === null)
      .sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw unusable(declarations, 'read', error);
  }
}

/** All that can be read, and why the others cannot. */
export function readDeclarations(places: Places): { readonly declarations: Declaration[]; readonly faults: RegistryError[] } {
  const declarations: Declaration[] = [];
  const faults: RegistryError[] = [];
  for (const name of declaredNames(places)) {
    try {
      const path = declarationPath(places, name);
      const text = readOwn(path, places.uid);
      // Deleted since the directory was read.
      if (text !== null) declarations.push(parseDeclaration(text, name, path));
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      faults.push(error);
    }
  }
  return { declarations, faults };
}

/** The directory has to be there: {@link makePlaces}. Write it under {@link withName}. */
export function writeDeclaration(places: Places, declaration: Declaration): void {
  writeOwn(declarationPath(places, declaration.name), formatDeclaration(declaration), true);
}

/**
 * Forgets a new name again unless its start succeeds: also when Ctrl-C, which undoes the start, ends this process. Under {@link withName}.
 */
export async function forgetUnlessStarted<T>(places: Places, name: string, start: () => Promise<T>): Promise<T> {
  const forget = () => {
    try {
      removeDeclaration(places, name);
      noteStopped(places, name);
    } catch (error) {
      // A process that has given up root on its way can remove nothing: the name stays, as that of a daemon that has crashed.
      if (!(error instanceof RegistryError)) throw error;
    }
  };
  // Before the lock of the name is given up, which another start may wait for.
  process.prependOnceListener('exit', forget);
  try {
    return await start();
  } catch (error) {
    forget();
    throw error;
  } finally {
    process.off('exit', forget);
  }
}

export function removeDeclaration(places: Places, name: string): void {
  removeOwn(declarationPath(places, name));
}
