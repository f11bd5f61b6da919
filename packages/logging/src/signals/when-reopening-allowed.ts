import { arrive, onceDaemon, sharedState } from '@daemonium/core/start';

/**
 * Listens as soon as this process may: at once in a daemon and in a program that has nothing to do with one; in a process on its way to become a daemon
 * when it is one. In a launcher SIGHUP, the terminal going away, ends the program as ever.
 */
export function whenReopeningAllowed(listen: () => void, unlisten: () => void): void {
  const { isDaemon, expectsDaemon, expectations } = sharedState();
  if (!isDaemon && (expectsDaemon || arrive() !== null)) {
    onceDaemon(listen);
    return;
  }
  listen();
  if (isDaemon) return;
  expectations.push(() => {
    unlisten();
    onceDaemon(listen);
  });
}
