import { join } from 'node:path';
import { PidLockFile } from '../lock/pid-lock-file.ts';
import { makePlaces } from './directories.ts';
import type { Places } from './places.ts';

/** How long another start, restart or delete of the same name is waited for, in ms: longer than a start may take by default. */
const WAIT_FOR_NAME_MS = 120_000;

/**
 * Calls `act`, which changes the declaration of a name, with the name's lock held: starts, restarts and deletes of one name come one after
 * another.
 * @throws {RegistryError}
 * @throws {AlreadyLockedError} another one is still at work after two minutes
 */
export async function withName<T>(places: Places, name: string, act: () => Promise<T>): Promise<T> {
  makePlaces(places);
  const lock = new PidLockFile(join(places.locks, `${name}.lock`), { timeout: WAIT_FOR_NAME_MS, mode: 0o600 });
  await lock.acquire();
  // Ctrl-C ends the process in the middle of a start: its file is removed all the same.
  const removeAtExit = () => lock[Symbol.dispose]();
  process.once('exit', removeAtExit);
  try {
    lock.seal();
    return await act();
  } finally {
    process.off('exit', removeAtExit);
    lock.release();
  }
}
