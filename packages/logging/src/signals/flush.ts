import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { LogFile } from '../log-file/log-file.ts';

/** As on the listeners of core's `makePidFile`: they tidy up and then let the process end as it would have, so they do not wait for one another. */
const TIDIES_UP = Symbol.for('daemonium.pidFileListener');

const files = new Set<LogFile>();
let watching = false;
let guarding = false;

/** From now on `file` is flushed when the process ends; a buffered one also when SIGTERM or SIGINT ends it. */
export function flushAtEnd(file: LogFile, buffered: boolean): void {
  files.add(file);
  if (!watching) {
    watching = true;
    // Emitted after an uncaught error, too.
    process.on('exit', flushAll);
  }
  if (buffered && !guarding) {
    guarding = true;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) guard(signal);
  }
}

export function forgetFlushing(file: LogFile): void {
  files.delete(file);
}

function flushAll(): void {
  for (const file of files) {
    file.flushForExit();
    const { unwritten } = file;
    if (unwritten === null) continue;
    const reason = (unwritten.error as NodeJS.ErrnoException).code ?? String(unwritten.error);
    try {
      writeSync(2, `${unwritten.lines} lines could not be written to '${file.path}': ${reason}\n`);
    } catch {
      // Nobody is left who could be told.
    }
  }
}

function guard(signal: 'SIGTERM' | 'SIGINT'): void {
  const onSignal = (): void => {
    for (const file of files) file.flushSync();
    // A listener of the program decides what the signal means; without one it means the end.
    if (process.listeners(signal).some((listener) => !(TIDIES_UP in listener))) return;
    process.off(signal, onSignal);
    if (process.listenerCount(signal) > 0) return;
    process.kill(process.pid, signal);
    // Reached as pid 1 of a container, whom a signal without a handler does not end.
    process.exit(128 + constants.signals[signal]);
  };
  Object.defineProperty(onSignal, TIDIES_UP, { value: true });
  // First in the row: a listener of the program's that is there for once would be gone by the time ours counts.
  process.prependListener(signal, onSignal);
}
