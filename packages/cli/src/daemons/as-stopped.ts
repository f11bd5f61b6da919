import { type Declaration, noteStopped, type Places, readStarted, restoreStarted, standingOf } from '@daemonium/core/registry';
import { messageOf } from '../errors/command-error.ts';
import { complain } from '../terminal/output.ts';

/**
 * Notes that the daemon is stopped, and then has `act` stop it: a start that still watches the daemon knows by the note that this is no crash. A
 * daemon that could not be stopped has its note again.
 */
export async function asStopped<T>(places: Places, { name, pidFile }: Declaration, act: () => Promise<T>): Promise<T> {
  const started = readStarted(places, name);
  const failure = failureOf(() => noteStopped(places, name));
  let result: T;
  try {
    result = await act();
  } catch (error) {
    if (started !== null) failureOf(() => restoreStarted(places, name, started));
    throw error;
  }
  // Its start may have noted it in the meantime. Another start that has come since notes its own daemon.
  if (typeof standingOf(pidFile) === 'string') failureOf(() => noteStopped(places, name));
  if (failure !== null) complain(`${name} is stopped, and will be listed as crashed: ${failure}`);
  return result;
}

/** Where nothing can be written, a daemon can be stopped all the same. */
function failureOf(write: () => void): string | null {
  try {
    write();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
