/** Writes the answer of a command to stdout. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Everything else: `--json` has stdout to itself. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}
