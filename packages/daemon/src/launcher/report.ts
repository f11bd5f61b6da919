import { writeSync } from 'node:fs';

/** Prints what the daemon wrote, and why it failed, each to its stream; all of it is out when this returns. */
export function printReport(output: string, error: string, failure: unknown): void {
  writeFully(1, output);
  writeFully(2, error);
  if (failure !== null) writeFully(2, `${describe(failure)}\n`);
}

/** The launcher's exit status: 0 when the daemon is ready. */
export function exitLauncher(failure: unknown): never {
  process.exit(failure === null ? 0 : 1);
}

function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return `Uncaught ${String(failure)}`;
  const { cause } = failure;
  // The stack that helps is the daemon's; where the launcher called start() is known.
  const stack = cause instanceof Error && cause.stack !== undefined ? `\n${cause.stack}` : '';
  return `${failure.name}: ${failure.message}${stack}`;
}

/** process.exit() would lose what a pipe (64 KiB) does not take at once, so this waits for its reader. */
function writeFully(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
