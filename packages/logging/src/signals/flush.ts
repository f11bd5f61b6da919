import { writeSync } from 'node:fs';
import { tidyUpAtSignals } from '@daemonium/core/start';
import type { LogFile } from '../log-file/log-file.ts';

const files = new Set<LogFile>();
let watching = false;
let guarding = false;

/** Has `file` flushed when the process ends; a buffered one also when SIGTERM or SIGINT ends it. */
export function flushAtEnd(file: LogFile, buffered: boolean): void {
  files.add(file);
  if (!watching) {
    watching = true;
    // Emitted after an uncaught error, too.
    process.on('exit', flushAll);
  }
  if (buffered && !guarding) {
    guarding = true;
    tidyUpAtSignals(() => {
      for (const each of files) each.flushForExit();
    });
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
      // There is no other place to report the error.
    }
  }
}
