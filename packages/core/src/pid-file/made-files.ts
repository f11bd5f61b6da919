import type { PidLockFile } from '../lock/pid-lock-file.ts';

/** Locks whose file goes when this process ends. */
const made = new Set<PidLockFile>();

/** The two that end a process politely. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** On our listeners, so that a second copy of this package counts them as ours, and not as the program's. */
const OURS = Symbol.for('daemonium.pidFileListener');

/** Removes the file of `lock` when this process ends, however politely it is ended. Called before there is a file. */
export function removeAtEnd(lock: PidLockFile): void {
  if (made.size === 0) listen();
  made.add(lock);
}

/** `lock` is released already, or was never taken. */
export function removedAlready(lock: PidLockFile): void {
  if (made.delete(lock) && made.size === 0) stopListening();
}

function listen(): void {
  process.on('exit', removeAll);
  // First in the row: a listener of the program's that is there for once would be gone by the time ours counts.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function stopListening(): void {
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
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

function onSignal(signal: NodeJS.Signals): void {
  if (process.listeners(signal).some((listener) => !(OURS in listener))) return;
  removeAll();
  stopListening();
  // Another copy of this package, which ends the process after removing its own.
  if (process.listenerCount(signal) > 0) return;
  process.kill(process.pid, signal);
  // Reached as pid 1 of a container, whom a signal without a handler does not end.
  process.exit(128 + process.getBuiltinModule('node:os').constants.signals[signal]);
}

Object.defineProperty(onSignal, OURS, { value: true });
