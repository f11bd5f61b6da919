/** Flags that belong to the launcher's debugger, watcher or test run, and would clash or start it a second time. */
const DROPPED = /^--(inspect|debug|watch|test)([-_=]|$)/;

/** `execArgv` or the words of NODE_OPTIONS without those flags and their values. */
export function keptFlags(words: readonly string[], alsoDropped?: RegExp): string[] {
  const kept: string[] = [];
  let dropping = false;
  for (const word of words) {
    const flag = word.replace(/^"/, '');
    // Every word here is a flag or a flag's value, so what follows a dropped flag and is no flag is its value.
    if (flag.startsWith('-') || !dropping) dropping = DROPPED.test(flag) || alsoDropped?.test(flag) === true;
    if (!dropping) kept.push(word);
  }
  return kept;
}

/** NODE_OPTIONS without the launcher's own flags; unchanged, to the letter, when it has none. */
export function keptNodeOptions(options: string): string {
  const words = options.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  const kept = keptFlags(words);
  return kept.length === words.length ? options : kept.join(' ');
}
