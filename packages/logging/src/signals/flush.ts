import { writeSync } from 'node:fs';
import type { LogFile } from '../log-file/log-file.ts';

/** Marks listeners that only tidy up and let the process end as it would have. Several of them must not wait for one another. */
const TIDIES_UP: unique symbol = Symbol.for('daemonium.tidiesUp') as never;

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
    if (!process.listeners(signal).every((listener) => TIDIES_UP in listener)) return;
    process.off(signal, onSignal);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.on(signal, Object.assign(onSignal, { [TIDIES_UP]: true }));
}
