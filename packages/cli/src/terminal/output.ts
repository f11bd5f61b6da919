import { printable } from './printable.ts';

/** Writes the answer of a command to stdout. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Everything else: `--json` has stdout to itself. */
export function complain(text: string): void {
  errorStream().write(`${printable(text)}\n`);
}

/** Stderr, whose terminal may be gone: that keeps no command from its work. Not made before it is used: a pipe or a terminal has Node load node:net. */
export function errorStream(): NodeJS.WriteStream {
  const { stderr } = process;
  if (!stderr.listeners('error').includes(ignoreError)) stderr.on('error', ignoreError);
  return stderr;
}

export function ignoreError(): void {}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}
