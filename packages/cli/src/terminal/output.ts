import { FAILED } from '../errors/exit-codes.ts';
import { printable } from './printable.ts';

/** Why stdout could not be written. */
let failure: NodeJS.ErrnoException | null = null;

/** The reader of a pipe has stopped reading, as head(1) does; or a terminal is gone. */
const READER_IS_GONE: readonly unknown[] = ['EPIPE', 'EIO'];

const POLL_MS = 50;

/** Writes the answer of a command to stdout. */
export function say(text: string): void {
  sayAsIs(`${text}\n`);
}

/** The same without a newline at its end. */
export function sayAsIs(text: string): void {
  outputStream().write(text);
}

/**
 * Stdout. An error of it ends nothing: a start, stop or restart of several daemons goes on, whoever reads of it. In the foreground the program
 * has the stream: {@link leaveOutput}.
 */
export function outputStream(): NodeJS.WriteStream {
  return listening(process.stdout, noteFailure);
}

/** Calls `act` as soon as stdout cannot be written. */
export function onOutputFailure(act: () => void): void {
  outputStream().once('error', act);
}

export function outputHasFailed(): boolean {
  return failure !== null;
}

/** The exit code of a verb whose answer is its whole work: 1 where a full disk has cut it off. */
export async function shown(code: number | Promise<number>): Promise<number> {
  const settled = await code;
  // The error of a write is told after it.
  await new Promise((resolve) => setImmediate(resolve));
  if (failure === null || READER_IS_GONE.includes(failure.code)) return settled;
  complain(`stdout cannot be written: ${failure.message}`);
  return Math.max(settled, FAILED);
}

/**
 * Everything else: `--json` has stdout to itself. A message may quote the file of another user: its control characters would be commands to
 * the terminal.
 */
export function complain(text: string): void {
  errorStream().write(`${printable(text)}\n`);
}

/** Stderr, whose terminal may be gone: that keeps no command from its work. Not made before it is used: a pipe or a terminal has Node load node:net. */
export function errorStream(): NodeJS.WriteStream {
  return listening(process.stderr, ignoreError);
}

/** The streams are the program's from now on. */
export function leaveOutput(): void {
  process.stdout.off('error', noteFailure);
  process.stderr.off('error', ignoreError);
}

/**
 * Ends this process once its output has gone out, whatever a config file that it has read still does: a timer or a connection of it would keep the
 * command for ever.
 */
export function endWithOutput(): void {
  setInterval(() => {
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
  }, POLL_MS).unref();
}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

function listening(stream: NodeJS.WriteStream, onError: (error: NodeJS.ErrnoException) => void): NodeJS.WriteStream {
  if (!stream.listeners('error').includes(onError)) stream.on('error', onError);
  return stream;
}

function noteFailure(error: NodeJS.ErrnoException): void {
  failure ??= error;
}

function ignoreError(): void {}
