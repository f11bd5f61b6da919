import { hasAddons } from '@daemonium/core/start';

let hasWorkers = false;
// Listens from the import on, before the program makes a worker. The event also reports the thread of `--import` hooks.
process.once('worker', () => {
  hasWorkers = true;
});

/** Requests that may open a descriptor in libuv's pool. */
const OPENERS = /^(FSReq|GetAddrInfo|GetNameInfo|DNS|QueryReq|Worker|MessagePort|FileHandle|StatWatcher|Process)/;

/**
 * Whether another thread could open a file right now. It would get the number that this one has just closed: a data base at 1, and every
 * console.log() goes into it. When in doubt, the answer is `true`.
 */
export async function othersMayOpen(): Promise<boolean> {
  // The event of a worker comes in the tick after the worker was made.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  // Native code may work in threads of its own, or in libuv's pool, and nothing reports that.
  return hasWorkers || process.getActiveResourcesInfo().some((resource) => OPENERS.test(resource)) || hasAddons();
}
