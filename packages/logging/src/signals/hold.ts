import { arrive, onceDaemon, processState } from '@daemonium/core/handover';

/** Shared by all copies of this package: the one that the daemon package imports must reach the one that the program imports. */
interface ReopeningState {
  held: boolean;
  readonly release: Array<() => void>;
}

const KEY = Symbol.for('daemonium.logging');

function reopeningState(): ReopeningState {
  const holder = globalThis as { [KEY]?: ReopeningState };
  holder[KEY] ??= { held: false, release: [] };
  return holder[KEY];
}

/**
 * Called by whoever makes a daemon of this process, or of another one: from now on file loggers leave their reopening signal its own meaning, until
 * this process is a daemon. In a launcher SIGHUP, the terminal going away, ends the program as ever.
 */
export function holdReopening(): void {
  const state = reopeningState();
  state.held = true;
  if (!processState().isDaemon) for (const release of state.release.splice(0)) release();
}

/**
 * Listens as soon as this process may: at once in a daemon and in a program that has nothing to do with one; in a process on its way to become a daemon
 * when it is one.
 */
export function whenReopeningAllowed(listen: () => void, unlisten: () => void): void {
  const state = reopeningState();
  const isDaemon = processState().isDaemon;
  if (!isDaemon && (state.held || arrive() !== null)) {
    onceDaemon(listen);
    return;
  }
  listen();
  if (isDaemon) return;
  state.release.push(() => {
    unlisten();
    onceDaemon(listen);
  });
}
