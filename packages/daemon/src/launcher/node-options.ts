/**
 * The words of NODE_OPTIONS, as Node.js reads them: a blank parts, double quotes hold together, and within them a backslash takes the next
 * character as it is. A tab or a newline is part of a word.
 * @see https://nodejs.org/api/cli.html#node_optionsoptions
 */
export function splitNodeOptions(options: string): string[] {
  const words = options.match(/(?:"(?:\\.|[^"\\])*"?|[^ "])+/gs) ?? [];
  return words.map((word) => word.replace(/"((?:\\.|[^"\\])*)"?/gs, (_, quoted: string) => quoted.replace(/\\(.)/gs, '$1')));
}

/** The opposite of {@link splitNodeOptions}. */
export function joinNodeOptions(words: readonly string[]): string {
  return words.map((word) => (/[ "]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word)).join(' ');
}

/** NODE_OPTIONS with its words changed. If no word changes, the text stays as it is. */
export function changeNodeOptions(options: string, change: (words: string[]) => string[]): string {
  const words = splitNodeOptions(options);
  const changed = change(words);
  const isSame = changed.length === words.length && changed.every((word, index) => word === words[index]);
  return isSame ? options : joinNodeOptions(changed);
}
