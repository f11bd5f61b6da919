import type { PidLockFile } from '../lock/pid-lock-file.ts';
import { tidyUpAtSignals } from '../signals/tidy-up.ts';

/** Locks whose file goes when this process ends. */
const made = new Set<PidLockFile>();

let stopListening: (() => void) | undefined;

/** Removes the file of `lock` when this process ends, by itself or by SIGINT or SIGTERM. Called before there is a file. */
export function removeAtEnd(lock: PidLockFile): void {
  if (made.size === 0) listen();
  made.add(lock);
}

/** `lock` is released already, or was never taken. */
export function forgetOnExit(lock: PidLockFile): void {
  if (made.delete(lock) && made.size === 0) stopListening?.();
}

function listen(): void {
  process.on('exit', removeAll);
  const ignoreSignals = tidyUpAtSignals(removeAll);
  stopListening = () => {
    process.off('exit', removeAll);
    ignoreSignals();
  };
}

function removeAll(): void {
  for (const lock of made) {
    try {
      lock[Symbol.dispose]();
    } catch {
      // A descriptor the program has closed: the lock is free, and an exit is no place to throw.
    }
  }
  made.clear();
}
