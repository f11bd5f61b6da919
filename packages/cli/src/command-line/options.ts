import { InvalidArgumentError } from 'commander';

/** Commander calls these with a word, and for an option that may be repeated with the value so far. */
export function milliseconds(word: string): number {
  if (/^[0-9]{1,10}$/.test(word)) return Number(word);
  throw new InvalidArgumentError('Expected milliseconds.');
}

export function count(word: string): number {
  if (/^[0-9]{1,9}$/.test(word)) return Number(word);
  throw new InvalidArgumentError('Expected a number of lines.');
}

/** Collects the words in their order. The start reports invalid ones. */
export function several(word: string, before: readonly string[] = []): string[] {
  return [...before, word];
}

export function variable(word: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const end = word.indexOf('=');
  if (end < 1) throw new InvalidArgumentError('Expected NAME=VALUE.');
  return { ...before, [word.slice(0, end)]: word.slice(end + 1) };
}
